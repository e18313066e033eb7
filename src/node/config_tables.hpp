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

// The types of sinks, in the order of AnySinkConfig.
[[nodiscard]] const std::vector<std::string_view>& sink_types();

}  // namespace mainstream
