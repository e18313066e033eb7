// Takes names that become topics, and commands as a broker delivers them: the topic, a newline, the payload.
#include <algorithm>

#include "core/json.hpp"
#include "fuzzing.hpp"
#include "sink/home_assistant.hpp"

namespace mainstream {
namespace {

bool is_name(const std::string& name) {
  try {
    check_topic_name("app", name);
    check_topic_name("node", name);
    return true;
  } catch (const Error& error) {
    expect(error.kind() == ErrorKind::usage, "a name is refused where it is given");
    return false;
  }
}

void try_name(const std::string& name) {
  if (!is_name(name)) return;
  const MqttTopics topics(name);
  const std::string topic = topics.of(name, name, "state");
  expect(std::count(topic.begin(), topic.end(), '/') == 4, "a name is one level of a topic");
  expect(topic.find_first_of("+#") == std::string::npos, "a topic has no wildcards");
  const auto command = topics.command(topics.set_enabled(name), "ON");
  expect(command && command->app == name && command->enabled, "a command reads back the same");
  const MqttSink::App app{name, name};
  const Json json = parse_json(discovery_payload(topics, name, {&app, 1}, {}), "discovery");
  expect(json["components"].size() == 4, "an app has four components");
  const std::string place = discovery_topic(name);
  expect(std::count(place.begin(), place.end(), '/') == 3 && place.find_first_of("+#") == std::string::npos,
         "a node's name is one level of Home Assistant's topic");
}

void run(std::string_view input) {
  const std::string_view topic = input.substr(0, input.find('\n'));
  const std::string_view payload = input.substr(std::min(topic.size() + 1, input.size()));
  try_name(std::string(topic));
  const MqttTopics topics("n");
  std::optional<MqttTopics::EnableCommand> command;
  if (!accepts("mqtt", [&] { command = topics.command(topic, payload); }) || !command) return;
  expect(payload == (command->enabled ? "ON" : "OFF"), "only ON and OFF are commands");
  expect(topics.set_enabled(command->app) == topic, "the app is what stands in the topic");
}

}  // namespace
}  // namespace mainstream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstream::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
