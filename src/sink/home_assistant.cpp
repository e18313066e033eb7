#include "sink/home_assistant.hpp"

#include <fmt/format.h>

#include <cstdint>

#include "core/json.hpp"

namespace mainstream {
namespace {

// FNV-1a (RFC draft-eastlake-fnv): enough to tell a few node names apart.
std::uint32_t fnv1a(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::string object_id(const std::string& node) {
  std::string id;
  for (const char c : node) {
    const bool allowed =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    id += allowed ? c : '_';
  }
  return id == node ? id : fmt::format("{}_{:08x}", id, fnv1a(node));
}

// The components of an app by their names; each has the topic that it reads as its unique id.
Json components_of(const MqttTopics& topics, const MqttSink::App& app) {
  const std::string label = app.stream + " " + app.name;
  const std::string state = topics.of(app.stream, app.name, "state");
  const std::string event = topics.of(app.stream, app.name, "event");
  const std::string image = topics.of(app.stream, app.name, "snapshot");
  const std::string enabled = topics.enabled(app.name);
  return {{state,
           {{"platform", "binary_sensor"},
            {"unique_id", state},
            {"name", label},
            {"state_topic", state},
            {"payload_on", "ON"},
            {"payload_off", "OFF"}}},
          {event,
           {{"platform", "event"},
            {"unique_id", event},
            {"name", label + " event"},
            {"state_topic", event},
            {"event_types", {"new", "update", "end", "interrupted"}}}},
          {image,
           {{"platform", "image"},
            {"unique_id", image},
            {"name", label + " snapshot"},
            {"image_topic", image},
            {"content_type", "image/jpeg"}}},
          {enabled,
           {{"platform", "switch"},
            {"unique_id", enabled},
            {"name", app.name + " enabled"},
            {"state_topic", enabled},
            {"command_topic", topics.set_enabled(app.name)},
            {"payload_on", "ON"},
            {"payload_off", "OFF"}}}};
}

}  // namespace

std::string discovery_topic(const std::string& node) {
  return "homeassistant/device/" + object_id(node) + "/config";
}

std::string discovery_payload(const MqttTopics& topics, const std::string& node,
                              std::span<const MqttSink::App> apps, std::span<const MqttSink::App> removed) {
  Json components = Json::object();
  // What is gone keeps its platform alone. An app on another stream may still have the same switch.
  for (const MqttSink::App& app : removed) {
    const Json all = components_of(topics, app);
    for (const auto& [name, component] : all.items())
      components[name] = {{"platform", component["platform"]}};
  }
  for (const MqttSink::App& app : apps) components.update(components_of(topics, app));
  const Json json = {{"device",
                      {{"identifiers", {"mainstream_" + object_id(node)}},
                       {"name", node},
                       {"manufacturer", "Mainstream"},
                       {"sw_version", MAINSTREAM_VERSION}}},
                     {"origin", {{"name", "mainstream"}, {"sw_version", MAINSTREAM_VERSION}}},
                     {"availability", Json::array({{{"topic", topics.available()}}})},
                     {"qos", 1},
                     {"components", components}};
  return json_text(json);
}

}  // namespace mainstream
