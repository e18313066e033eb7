#include "sink/mqtt_topics.hpp"

#include <fmt/format.h>

#include "core/json.hpp"
#include "mainstream/error.hpp"
#include "mainstream/mqtt.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMaxName = 200;
constexpr std::string_view kSetEnabled = "/enabled/set";

bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    // U+0080 to U+009F, in UTF-8
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

}  // namespace

void check_topic_name(const std::string& what, const std::string& name) {
  const auto refuse = [&](const char* expected) {
    const std::string shown = name.size() > kMaxName ? name.substr(0, kMaxName) + ".." : name;
    throw Error(ErrorKind::usage,
                fmt::format("{} name: expected {}, got {}", what, expected, in_quotes(shown)));
  };
  if (name.empty() || name.size() > kMaxName) refuse("1 to 200 bytes");
  if (!strict_json_text(name)) refuse("UTF-8");
  if (name.find_first_of("/+#") != std::string::npos) refuse("no /, + and #, which MQTT's topics use");
  if (has_control_character(name)) refuse("no control characters");
  if (name == "enabled") refuse("another word than enabled, which is part of a topic");
  if (what == "node" && name == "fleet") refuse("another word than fleet, which is part of a topic");
}

MqttTopics::MqttTopics(const std::string& node) : root_("mainstream/" + node) {
  check_topic_name("node", node);
}

std::optional<MqttTopics::EnableCommand> MqttTopics::command(std::string_view topic,
                                                             std::string_view payload) const {
  if (!topic.starts_with(root_ + "/") || !topic.ends_with(kSetEnabled)) return std::nullopt;
  topic.remove_prefix(root_.size() + 1);
  if (topic.size() <= kSetEnabled.size()) return std::nullopt;
  topic.remove_suffix(kSetEnabled.size());
  if (topic.find('/') != std::string_view::npos) return std::nullopt;
  if (payload != "ON" && payload != "OFF") {
    throw Error(ErrorKind::untrusted,
                fmt::format("mqtt: {}/enabled/set: expected ON or OFF, got {}",
                            in_quotes(topic.substr(0, kMaxName)), in_quotes(payload.substr(0, 40))));
  }
  return EnableCommand{std::string(topic), payload == "ON"};
}

}  // namespace mainstream
