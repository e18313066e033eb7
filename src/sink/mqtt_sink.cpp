// What a node says over MQTT. Two kinds of messages: records of events, each once, in order; and states, of
// which the latest counts. States are kept here and sent again after each connect, as a broker may forget.
#include <fmt/format.h>

#include <algorithm>

#include "core/json.hpp"
#include "core/log.hpp"
#include "core/mutex.hpp"
#include "event/event_json.hpp"
#include "mainstream/error.hpp"
#include "mainstream/mqtt.hpp"
#include "net/mqtt_client.hpp"
#include "sink/home_assistant.hpp"
#include "sink/mqtt_topics.hpp"

namespace mainstream {
namespace {

constexpr std::chrono::milliseconds kLook{100};
constexpr std::chrono::seconds kConnectTime{1};
constexpr std::chrono::seconds kPatience{10};  // for acknowledgements, before the sink counts as down
constexpr const char* kOn = "ON";
constexpr const char* kOff = "OFF";
constexpr const char* kOnline = "online";
constexpr const char* kOffline = "offline";

MqttOptions checked_mqtt(MqttOptions options) {
  if (options.host.empty()) throw Error(ErrorKind::usage, "mqtt: expected a host, got none");
  if (options.port < 1 || options.port > 65535) {
    throw Error(ErrorKind::usage, fmt::format("mqtt: expected a port from 1 to 65535, got {}", options.port));
  }
  return options;
}

// As Frigate's: before is the record before this one; of the first, and where none is stored, the same.
std::string change_of(const StoredEvent& stored) {
  const auto record = [](const EventRecord& event) { return parse_json(to_json_line(event), "event"); };
  return json_text({{"type", to_string(*stored.event.change)},
                    {"id", stored.event.id},
                    {"sequence", stored.event.sequence},
                    {"before", record(stored.before.value_or(stored.event))},
                    {"after", record(stored.event)}});
}

// For Home Assistant's event entity.
std::string event_of(const EventRecord& event) {
  Json json = parse_json(to_json_line(event), "event");
  json["event_type"] = to_string(*event.change);
  return json_text(json);
}

}  // namespace

class MqttSink::State {
 public:
  State(MqttOptions options, const std::filesystem::path& directory)
      : options_(checked_mqtt(std::move(options))),
        topics_(options_.node),
        reader_(directory),
        client_(options_, MqttMessage{topics_.available(), kOffline, true}, subscriptions(),
                {[this] { send_states(); }, [this](const std::string& topic, std::string_view payload,
                                                   bool retained) { received(topic, payload, retained); }}) {}

  Delivery deliver(std::span<const StoredEvent> events, const std::stop_token& stop);
  void set_apps(std::vector<App> apps);
  void set_streams(const std::vector<std::string>& names);
  void set_stream_status(const std::string& stream, const std::string& status);
  void set_state(const std::string& topic, const std::string& payload);

  [[nodiscard]] const MqttTopics& topics() const { return topics_; }
  [[nodiscard]] bool connected() const { return client_.connected(); }

 private:
  [[nodiscard]] std::vector<std::string> subscriptions() const {
    return {topics_.set_enabled("+"), topics_.available(), kHomeAssistantStatus};
  }
  void received(const std::string& topic, std::string_view payload, bool retained);
  void say_online();
  void send_states();
  bool send(const StoredEvent& stored);
  [[nodiscard]] Delivery wait_for(std::span<const StoredEvent> events, const std::stop_token& stop);
  bool publish_record(const StoredEvent& stored);
  bool publish(std::int64_t sequence, const std::vector<MqttMessage>& messages);
  void set_states_of_apps(std::span<const StoredEvent> events);
  void publish_state(const std::string& topic, const std::string& payload) REQUIRES(mutex_);
  void change_state(const std::string& topic, const std::string& payload) REQUIRES(mutex_);
  void forget(const App& app) REQUIRES(mutex_);
  [[nodiscard]] bool is_forgotten(const std::string& topic) const REQUIRES(mutex_);

  const MqttOptions options_;
  const MqttTopics topics_;

  // Of the thread that delivers: what is on its way, by sequence.
  std::map<std::int64_t, std::vector<int>> on_their_way_;

  Mutex reading_;
  StoreReader reader_ GUARDED_BY(reading_);

  Mutex mutex_;
  std::vector<App> apps_ GUARDED_BY(mutex_), removed_ GUARDED_BY(mutex_);
  std::set<std::string> streams_ GUARDED_BY(mutex_);
  // topic -> payload, retained; empty: forgotten
  std::map<std::string, std::string> states_ GUARDED_BY(mutex_);
  bool odd_command_said_ GUARDED_BY(mutex_) = false;

  MqttClient client_;  // the last: its thread uses the others
};

Delivery MqttSink::State::deliver(std::span<const StoredEvent> events, const std::stop_token& stop) {
  // Not connected: the client tries by itself, so waiting here a while is the pause.
  const auto late = std::chrono::steady_clock::now() + kConnectTime;
  while (!client_.wait_connected(std::chrono::steady_clock::now() + kLook)) {
    if (stop.stop_requested() || std::chrono::steady_clock::now() >= late) {
      return {0, client_.error(), false, std::chrono::milliseconds(0)};
    }
  }
  std::string wrong;  // with the record after those that are published
  std::size_t published = 0;
  try {
    while (published < events.size() && send(events[published])) ++published;
  } catch (const Error& error) {
    wrong = error.what();
  }
  set_states_of_apps(events);
  Delivery delivery = wait_for(events.first(published), stop);
  if (delivery.error.empty() && !wrong.empty()) return {published, wrong, true};
  return delivery;
}

bool MqttSink::State::send(const StoredEvent& stored) {
  if (on_their_way_.contains(stored.event.sequence)) return true;
  if (stored.event.change == EventChange::warned)
    return publish(stored.event.sequence, {{topics_.warnings(), to_json_line(stored.event)}});
  check_topic_name("app", stored.event.app);
  check_topic_name("stream", stored.event.stream);
  return publish_record(stored);
}

// Until the broker has all of them.
Delivery MqttSink::State::wait_for(std::span<const StoredEvent> events, const std::stop_token& stop) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (std::size_t done = 0; done < events.size();) {
    const auto found = on_their_way_.find(events[done].event.sequence);
    if (client_.wait_acknowledged(found->second, std::chrono::steady_clock::now() + kLook)) {
      on_their_way_.erase(found);
      ++done;
    } else if (!client_.connected()) {
      return {done, client_.error(), false, std::chrono::milliseconds(0)};
    } else if (stop.stop_requested() || std::chrono::steady_clock::now() >= end) {
      return {done, fmt::format("mqtt {}:{}: the broker has not acknowledged within {} s", options_.host,
                                options_.port, kPatience.count())};
    }
  }
  return {events.size()};
}

bool MqttSink::State::publish_record(const StoredEvent& stored) {
  const EventRecord& event = stored.event;
  std::vector<MqttMessage> messages = {{topics_.events(), change_of(stored)},
                                       {topics_.of(event.stream, event.app, "event"), event_of(event)}};
  std::optional<std::string> jpeg;
  if (event.snapshot) {
    const MutexLock lock(reading_);
    jpeg = reader_.snapshot(event.id);
  }
  const std::string topic = topics_.of(event.stream, event.app, "snapshot");
  const MutexLock lock(mutex_);  // to the end, so that what forget() removes comes before
  if (jpeg && !is_forgotten(topic)) messages.push_back({topic, std::move(*jpeg), true});
  return publish(event.sequence, messages);
}

// The messages of one record.
bool MqttSink::State::publish(std::int64_t sequence, const std::vector<MqttMessage>& messages) {
  std::vector<int> numbers;
  for (const MqttMessage& message : messages) {
    const auto number = client_.publish(message);
    if (!number) return false;  // all of it is sent again
    numbers.push_back(*number);
  }
  on_their_way_[sequence] = std::move(numbers);
  return true;
}

// What is true now: after an outage nobody wants to see the lights of last night go on and off. An app that
// went while its event was open stays forgotten.
void MqttSink::State::set_states_of_apps(std::span<const StoredEvent> events) {
  std::map<std::string, const char*> states;
  for (const StoredEvent& stored : events)
    if (stored.event.change != EventChange::warned)
      states[topics_.of(stored.event.stream, stored.event.app, "state")] = kOff;
  {
    const MutexLock lock(reading_);
    for (const EventRecord& event : reader_.open_events()) {
      const auto found = states.find(topics_.of(event.stream, event.app, "state"));
      if (found != states.end()) found->second = kOn;
    }
  }
  const MutexLock lock(mutex_);
  for (const auto& [topic, state] : states) {
    if (!is_forgotten(topic)) change_state(topic, state);
  }
}

void MqttSink::State::set_apps(std::vector<App> apps) {
  for (const App& app : apps) {
    check_topic_name("app", app.name);
    check_topic_name("stream", app.stream);
  }
  std::set<std::string> on;
  {
    const MutexLock lock(reading_);
    for (const EventRecord& event : reader_.open_events())
      on.insert(topics_.of(event.stream, event.app, "state"));
  }
  const MutexLock lock(mutex_);
  for (const App& old : std::exchange(apps_, std::move(apps))) {
    const auto is_same = [&](const App& app) { return app.name == old.name && app.stream == old.stream; };
    if (std::none_of(apps_.begin(), apps_.end(), is_same)) forget(old);
  }
  for (const App& app : apps_) {
    states_.erase(topics_.of(app.stream, app.name, "snapshot"));  // if it was forgotten, it is back
    const std::string state = topics_.of(app.stream, app.name, "state");
    publish_state(state, on.contains(state) ? kOn : kOff);
    publish_state(topics_.enabled(app.name), app.enabled ? kOn : kOff);
  }
  if (options_.home_assistant) {
    publish_state(discovery_topic(options_.node), discovery_payload(topics_, options_.node, apps_, removed_));
  }
}

// An empty retained message removes what a broker keeps.
void MqttSink::State::forget(const App& app) {
  removed_.push_back(app);
  std::vector<std::string> topics = {topics_.of(app.stream, app.name, "state"),
                                     topics_.of(app.stream, app.name, "snapshot")};
  const auto has_name = [&](const App& other) { return other.name == app.name; };
  if (std::none_of(apps_.begin(), apps_.end(), has_name)) topics.push_back(topics_.enabled(app.name));
  for (const std::string& topic : topics) publish_state(topic, "");
}

bool MqttSink::State::is_forgotten(const std::string& topic) const {
  const auto known = states_.find(topic);
  return known != states_.end() && known->second.empty();
}

void MqttSink::State::set_streams(const std::vector<std::string>& names) {
  const MutexLock lock(mutex_);
  for (const std::string& old : std::exchange(streams_, {names.begin(), names.end()}))
    if (!streams_.contains(old)) publish_state(topics_.status_of(old), "");
}

void MqttSink::State::set_stream_status(const std::string& stream, const std::string& status) {
  const MutexLock lock(mutex_);
  streams_.insert(stream);
  change_state(topics_.status_of(stream), status);
}

void MqttSink::State::set_state(const std::string& topic, const std::string& payload) {
  const MutexLock lock(mutex_);
  publish_state(topic, payload);
}

void MqttSink::State::publish_state(const std::string& topic, const std::string& payload) {
  states_[topic] = payload;
  (void)client_.publish({topic, payload, true});  // without a connection: after the next connect
}

void MqttSink::State::change_state(const std::string& topic, const std::string& payload) {
  const auto known = states_.find(topic);
  if (known == states_.end() || known->second != payload) publish_state(topic, payload);
}

void MqttSink::State::say_online() {
  (void)client_.publish({topics_.available(), kOnline, true});
}

void MqttSink::State::send_states() {
  const MutexLock lock(mutex_);
  say_online();
  for (const auto& [topic, payload] : states_) (void)client_.publish({topic, payload, true});
}

void MqttSink::State::received(const std::string& topic, std::string_view payload, bool retained) {
  if (topic == kHomeAssistantStatus) {
    if (payload == "online") send_states();
    return;
  }
  if (topic == topics_.available()) {
    // Another connection of this node is over: a sink that this one replaces, or one that the broker lost.
    if (payload == kOffline && !retained) say_online();
    return;
  }
  // One that a broker keeps would switch the app again at each connect.
  if (retained || !options_.on_enable) return;
  try {
    const auto command = topics_.command(topic, payload);
    if (!command) return;
    {
      const MutexLock lock(mutex_);
      const auto has_name = [&](const App& app) { return app.name == command->app; };
      if (std::none_of(apps_.begin(), apps_.end(), has_name)) {
        throw Error(ErrorKind::untrusted, "mqtt: a command names an unknown app: " + in_quotes(command->app));
      }
    }
    options_.on_enable(command->app, command->enabled);
  } catch (const Error& error) {
    const MutexLock lock(mutex_);
    // Once: who can publish must not be able to fill the log.
    if (!std::exchange(odd_command_said_, true)) module_log("sink").warn("{}", error.what());
  }
}

MqttSink::MqttSink(MqttOptions options, const std::filesystem::path& state_directory)
    : state_(std::make_unique<State>(std::move(options), state_directory)) {}

MqttSink::~MqttSink() = default;

Delivery MqttSink::deliver(std::span<const StoredEvent> events, const std::stop_token& stop) {
  return state_->deliver(events, stop);
}

void MqttSink::set_apps(std::vector<App> apps) {
  state_->set_apps(std::move(apps));
}

void MqttSink::set_app_enabled(const std::string& app, bool enabled) {
  check_topic_name("app", app);
  state_->set_state(state_->topics().enabled(app), enabled ? kOn : kOff);
}

void MqttSink::set_streams(const std::vector<std::string>& names) {
  for (const std::string& name : names) check_topic_name("stream", name);
  state_->set_streams(names);
}

void MqttSink::set_stream_status(const std::string& stream, const std::string& status) {
  check_topic_name("stream", stream);
  state_->set_stream_status(stream, status);
}

void MqttSink::set_stats(const std::string& json) {
  state_->set_state(state_->topics().stats(), json);
}

bool MqttSink::connected() const {
  return state_->connected();
}

}  // namespace mainstream
