// Events and state of a node over MQTT, in topics that users of Frigate know, and Home Assistant's discovery.
// docs/operations.md has the topics.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mainstream/mqtt_broker.hpp"
#include "mainstream/sink.hpp"

namespace mainstream {

struct MqttOptions : MqttBroker {
  std::string node;            // all topics begin with mainstream/NODE
  bool home_assistant = true;  // announces the apps in homeassistant/device/NODE/config

  // Someone turned an app on or off. Called from the connection's thread: it must return soon, and the node
  // answers with MqttSink::set_app_enabled when it is done.
  std::function<void(const std::string& app, bool enabled)> on_enable;
};

// A name that becomes a level of a topic. Throws usage for one that is empty, longer than 200 bytes, not
// UTF-8, has `/`, `+`, `#` or control characters, or is one that a topic has already (`enabled` for an app,
// `fleet` for a node); `what` ("app") begins the message. For who reads a configuration: the sink checks the
// same.
void check_topic_name(const std::string& what, const std::string& name);

class MqttSink final : public Sink {
 public:
  struct App {
    std::string name, stream;
    bool enabled = true;
    bool operator==(const App&) const = default;
  };

  // Connects in a thread of its own, again and again. `state_directory` is the store's, which must be open.
  // Throws usage for wrong options, unreadable or untrusted for the files.
  MqttSink(MqttOptions options, const std::filesystem::path& state_directory);
  // Says `offline` if there is a connection; takes half a second at most. Another sink of the same node and
  // broker says `online` again then.
  ~MqttSink() override;

  // QoS 1: what counts as delivered, the broker has acknowledged.
  [[nodiscard]] Delivery deliver(std::span<const StoredEvent> events, const std::stop_token& stop) override;

  // The state that others see: the latest counts, retained, sent again after each connect. Thread-safe.
  void set_apps(
      std::vector<App> apps);  // all of them; what is no longer among them is removed from the broker
  void set_app_enabled(const std::string& app, bool enabled);
  void set_streams(const std::vector<std::string>& names);  // all of them; as set_apps, for their status
  void set_stream_status(const std::string& stream, const std::string& status);  // "online", "offline"
  void set_stats(const std::string& json);

  [[nodiscard]] bool connected() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace mainstream
