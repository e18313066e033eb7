// The tables of the configuration with all their keys: the one place where keys are declared.
#pragma once

#include "node/config.hpp"
#include "node/config_key.hpp"

namespace mainstream {

[[nodiscard]] const Keys<MachineConfig>& machine_keys();
[[nodiscard]] const Keys<StreamConfig>& stream_keys();
[[nodiscard]] const Keys<AppConfig>& app_keys();
[[nodiscard]] const Keys<ScheduleConfig>& schedule_keys();
[[nodiscard]] const Keys<StdoutSinkConfig>& stdout_sink_keys();
[[nodiscard]] const Keys<JsonlSinkConfig>& jsonl_sink_keys();
[[nodiscard]] const Keys<MqttSinkConfig>& mqtt_sink_keys();
[[nodiscard]] const Keys<WebhookSinkConfig>& webhook_sink_keys();
[[nodiscard]] const Keys<RetentionConfig>& retention_keys();
[[nodiscard]] const Keys<ServeConfig>& serve_keys();
[[nodiscard]] const Keys<FleetConfig>& fleet_keys();

// Why a text is no url of a broker; empty if it is one.
[[nodiscard]] std::string mqtt_fault(std::string_view url);

// The keys of a BrokerConfig, and the owner's own.
template <typename Owner>
[[nodiscard]] Keys<Owner> broker_keys(const Keys<Owner>& own) {
  Keys<Owner> keys{
      text<Owner>("url", &Owner::url, "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]", mqtt_fault, "The broker.")
          .is_required(),
      path<Owner>("credentials", &Owner::credentials, "A file with the line `USER:PASSWORD`."),
      path<Owner>("ca", &Owner::ca, "Certificates that mqtts trusts (PEM).").with_default("the system's")};
  keys.insert(keys.end(), own.begin(), own.end());
  return keys;
}

// The types of sinks, in the order of AnySinkConfig.
[[nodiscard]] const std::vector<std::string_view>& sink_types();

}  // namespace mainstream
