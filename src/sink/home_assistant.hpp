// Home Assistant's MQTT discovery of a device (home-assistant.io/integrations/mqtt, "Device discovery
// payload"): one message tells of a node with all its apps.
#pragma once

#include <span>
#include <string>

#include "mainstream/mqtt.hpp"
#include "sink/mqtt_topics.hpp"

namespace mainstream {

constexpr const char* kHomeAssistantStatus = "homeassistant/status";

// `homeassistant/device/NODE/config`. Home Assistant allows letters, digits, - and _ there: another node name
// gets others for them and a hash, so that no two are the same.
[[nodiscard]] std::string discovery_topic(const std::string& node);

// A binary_sensor, an event, an image and a switch for each app. Those of `removed` are told to be gone.
[[nodiscard]] std::string discovery_payload(const MqttTopics& topics, const std::string& node,
                                            std::span<const MqttSink::App> apps,
                                            std::span<const MqttSink::App> removed);

}  // namespace mainstream
