// NodeService: its life, and what changes it.
#include "node/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "core/json.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "node/source_form.hpp"
#include "node/state_json.hpp"

namespace mainstream {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto kTickTime = std::chrono::milliseconds(250);
constexpr auto kBetweenHours = std::chrono::seconds(1);
constexpr auto kBetweenTidying = std::chrono::minutes(10);  // of recordings: a look at all their files
// At the end: for the disk and for the sinks together. A service manager waits, so it is short.
constexpr auto kLastDelivery = std::chrono::milliseconds(500);

StoreOptions store_options(const NodeConfig& config) {
  StoreOptions options;
  options.directory = config.node.state;
  options.max_age = std::chrono::hours(24) * config.retention.max_age_days;
  options.max_bytes = static_cast<std::uint64_t>(config.retention.max_size_mb) << 20;
  return options;
}

NodeOptions node_options(const NodeConfig& config) {
  NodeOptions options;
  options.mode = config.schedule.mode;
  options.algorithm = config.schedule.algorithm;
  options.objective = config.schedule.objective;
  options.candidates = config.schedule.candidates;
  options.number_type = config.node.number_type;
  options.workers = config.node.workers;
  options.threads = config.node.threads;
  if (!config.node.cache.empty()) options.cache = config.node.cache;
  return options;
}

// What only a start can change: throws usage if it differs.
void check_lasting(const NodeConfig& before, const NodeConfig& after) {
  MachineConfig machine = after.node;
  machine.bases = before.node.bases;
  machine.log = before.node.log;
  machine.json_log = before.node.json_log;
  ScheduleConfig schedule = after.schedule;
  schedule.budget = before.schedule.budget;
  const char* table = machine != before.node                ? "[node], but for bases, log and log_format,"
                      : schedule != before.schedule         ? "[schedule], but for the budget,"
                      : after.retention != before.retention ? "[retention]"
                      : after.serve != before.serve         ? "[serve]"
                      : after.fleet != before.fleet         ? "[fleet]"
                                                            : nullptr;
  if (table == nullptr) return;
  throw Error(ErrorKind::usage, fmt::format("{} cannot change while the node runs; restart it", table));
}

}  // namespace

NodeService::NodeService(CheckedConfig checked, std::function<std::time_t()> now)
    : checked_(std::move(checked)),
      now_(std::move(now)),
      name_(checked_.config.node.name),
      store_(store_options(checked_.config)),
      recordings_(checked_.config.node.state / "recordings", [this] { return store_.age(); }) {
  const MutexLock changing(changing_);
  checked_.check.forecast.reset();  // the node reads bases and packages itself
  const NodeConfig& config = checked_.config;
  for (std::size_t a = 0; a < config.apps.size(); ++a)
    enabled_[checked_.check.app_names[a]] = config.apps[a].enabled;
  NodeOptions options = node_options(config);
  options.sinks = {[this](const EventRecord& event, const std::string& jpeg) { store_event(event, jpeg); }};
  options.each_frame = [this](const std::string& stream, const VideoFrame& frame) {
    recordings_.take(stream, frame);
  };
  options.new_event_id = [this](const std::string&) { return store_.new_event_id(); };
  options.drift = config.node.state / "drift";
  options.warn = [this](const NodeWarning& warning) { store_warning(warning); };
  // With all apps, whatever their hours: what may run later is verified and measured now.
  node_ = std::make_unique<EdgeNode>(setup_of(checked_, enabled_, true), std::move(options));
  MadeSinks made = make_sinks(config);
  node_->apply(setup_of(checked_, enabled_, false));
  take_sinks(config, std::move(made));
  tell_sinks();
  socket_.emplace(config.node.state, [this] { return json_text(state_json(state())); });
}

NodeService::~NodeService() {
  end();
}

bool NodeService::is_in_hours(const AppConfig& app, std::time_t now) {
  std::tm local{};
  ::localtime_r(&now, &local);
  return is_within(app.hours, (local.tm_wday + 6) % 7, local.tm_hour * 60 + local.tm_min);
}

// `always`: all apps, turned off or outside of their hours, too.
NodeSetup NodeService::setup_of(const CheckedConfig& checked, const Enabled& enabled, bool always) const {
  const NodeConfig& config = checked.config;
  const std::time_t now = now_();  // one for all
  NodeSetup setup;
  setup.bases = config.node.bases;
  setup.budget = config.schedule.budget;
  for (const StreamConfig& stream : config.streams)
    setup.streams.push_back({stream.name, stream.url, stream, stream.substream});
  for (std::size_t a = 0; a < config.apps.size(); ++a) {
    const AppConfig& app = config.apps[a];
    const std::string& name = checked.check.app_names[a];
    if (!always && !(enabled.at(name) && is_in_hours(app, now))) continue;
    for (const std::string& stream : app.streams) {
      NodeApp& one = setup.apps.emplace_back();
      one.id = app_id(name, stream);
      one.stream = stream;
      one.package = app.package;
      one.region = app.region;
      one.weight = app.weight;
      one.min_fps = app.min_fps;
      one.overrides = {app.threshold, app.votes, app.merge_gap, app.min_length, app.max_length};
    }
  }
  return setup;
}

// Apps that somebody turned on or off stay so, unless the configuration says something else now.
NodeService::Enabled NodeService::enabled_after(const CheckedConfig& next) const {
  Enabled enabled;
  for (std::size_t a = 0; a < next.config.apps.size(); ++a) {
    const std::string& name = next.check.app_names[a];
    enabled[name] = next.config.apps[a].enabled;
    const auto known = std::ranges::find(checked_.check.app_names, name);
    if (known == checked_.check.app_names.end()) continue;
    const auto before = static_cast<std::size_t>(known - checked_.check.app_names.begin());
    if (checked_.config.apps[before].enabled == enabled[name]) enabled[name] = enabled_.at(name);
  }
  return enabled;
}

// Those that are new or other than before.
NodeService::MadeSinks NodeService::make_sinks(const NodeConfig& config) {
  MadeSinks made;
  for (const AnySinkConfig& sink : config.sinks) {
    {
      const MutexLock lock(mutex_);
      if (std::ranges::find(sinks_, sink, &RunningSink::config) != sinks_.end()) continue;
    }
    std::unique_ptr<Sink> one;
    if (std::holds_alternative<StdoutSinkConfig>(sink)) {
      one = make_stdout_sink();
    } else if (const auto* jsonl = std::get_if<JsonlSinkConfig>(&sink)) {
      JsonLinesOptions options;
      options.path = jsonl->path;
      options.max_bytes = static_cast<std::uint64_t>(jsonl->max_size_mb) << 20;
      options.keep = jsonl->keep;
      one = make_json_lines_sink(options);
    } else if (const auto* webhook = std::get_if<WebhookSinkConfig>(&sink)) {
      one = make_webhook_sink({webhook->url, webhook->secret, webhook->ca, webhook->timeout});
    } else if (const auto* mqtt = std::get_if<MqttSinkConfig>(&sink)) {
      MqttOptions options{broker_of(*mqtt), config.node.name, mqtt->discovery, {}};
      options.on_enable = [this](const std::string& app, bool enabled) {
        const MutexLock lock(mutex_);
        commands_.emplace_back(app, enabled);
      };
      one = std::make_unique<MqttSink>(options, store_.directory());
    }
    made.emplace_back(sink, std::move(one));
  }
  return made;
}

void NodeService::take_sinks(const NodeConfig& config, MadeSinks&& made) {
  Sinks gone;
  {
    const MutexLock lock(mutex_);
    gone = std::exchange(sinks_, {});
    for (RunningSink& sink : gone) {
      const bool stays = std::ranges::find(config.sinks, sink.config) != config.sinks.end();
      if (stays) {
        sinks_.push_back(std::move(sink));
      } else {
        sink.runner->request_stop();
      }
    }
  }
  std::erase_if(gone, [](const RunningSink& sink) { return !sink.runner; });
  gone.clear();  // before another with the same name takes its place
  for (auto& [sink, one] : made) {
    RunningSink running{sink, dynamic_cast<MqttSink*>(one.get()), nullptr};
    SinkRunnerOptions options;
    options.name = common(sink).name;
    running.runner = std::make_unique<SinkRunner>(store_, std::move(one), options);
    const MutexLock lock(mutex_);
    sinks_.push_back(std::move(running));
  }
}

void NodeService::apply(CheckedConfig checked) {
  const MutexLock changing(changing_);
  checked.check.forecast.reset();
  try {
    check_lasting(checked_.config, checked.config);
    Enabled enabled = enabled_after(checked);
    MadeSinks made = make_sinks(checked.config);
    node_->apply(setup_of(checked, enabled, false));
    take_sinks(checked.config, std::move(made));
    set_log_level(checked.config.node.log);
    set_log_format_json(checked.config.node.json_log);
    checked_ = std::move(checked);
    enabled_ = std::move(enabled);
  } catch (const Error& error) {
    refused(error.what());
    throw;
  }
  refused({});
  tell_sinks();
}

NodeOutlook NodeService::outlook(const CheckedConfig& checked, std::optional<double> cores) const {
  NodeSetup setup;
  {
    const MutexLock changing(changing_);
    setup = setup_of(checked, enabled_after(checked), false);
  }
  return node_->outlook(setup, cores);
}

void NodeService::set_enabled(const std::string& app, bool on) {
  const MutexLock changing(changing_);
  Enabled enabled = enabled_;
  const auto found = enabled.find(app);
  if (found == enabled.end()) throw Error(ErrorKind::usage, "there is no app " + in_quotes(app));
  found->second = on;
  NodeSetup wanted = setup_of(checked_, enabled, false);
  // Another that is to begin does so by its hours: if it cannot, that is no fault of this one.
  const std::vector<NodeApp> before = node_->setup().apps;
  std::erase_if(wanted.apps, [&](const NodeApp& one) {
    return app_name(one.id, one.stream) != app && std::ranges::find(before, one) == before.end();
  });
  node_->apply(std::move(wanted));
  enabled_ = std::move(enabled);
  tell_sinks();
}

void NodeService::train(const std::string& recording, const std::string& app) {
  const auto found = recordings_.find(recording);
  if (!found || found->going_on)
    throw Error(ErrorKind::usage, "there is no recording " + in_quotes(recording));
  const std::filesystem::path base = [&] {
    const MutexLock changing(changing_);
    return checked_.config.node.bases.front();
  }();
  training_.start(recordings_.folder(recording), base, app);
}

void NodeService::refused(const std::string& why) {
  const MutexLock lock(mutex_);
  refused_ = why;
}

// What MQTT and state() tell of apps.
void NodeService::tell_sinks() {
  std::vector<ServiceState::App> apps;
  std::vector<MqttSink::App> told;
  const std::time_t now = now_();
  for (std::size_t a = 0; a < checked_.config.apps.size(); ++a) {
    const AppConfig& app = checked_.config.apps[a];
    const std::string& name = checked_.check.app_names[a];
    apps.push_back({name, app.streams, enabled_.at(name), is_in_hours(app, now)});
    for (const std::string& stream : app.streams) told.push_back({name, stream, enabled_.at(name)});
  }
  const MutexLock lock(mutex_);
  apps_ = std::move(apps);
  for (const RunningSink& sink : sinks_)
    if (sink.mqtt != nullptr) sink.mqtt->set_apps(told);
}

// In the thread of the EdgeNode's events.
void NodeService::store_event(EventRecord event, const std::string& jpeg) {
  event.app = app_name(event.app, event.stream);
  (void)store_.put(std::move(event), jpeg);  // the store counts and tells what it has no room for
}

// Warnings come to the sinks as events do.
void NodeService::store_warning(const NodeWarning& warning) {
  EventRecord record;
  record.app = app_name(warning.app, warning.stream);
  record.stream = warning.stream;
  record.id = store_.new_event_id();
  record.start_time = record.end_time = wall_now();
  record.change = EventChange::warned;
  record.warning = warning.text;
  (void)store_.put(std::move(record));
}

void NodeService::run(const std::stop_token& stop, const std::function<void()>& each) {
  node_->start();
  while (!stop.stop_requested()) {
    try {
      follow_commands();
      follow_hours();
      follow_node();
      tidy_recordings();
      if (each) each();
    } catch (const std::exception& error) {
      module_log("node").error("{}", error.what());
    }
    std::this_thread::sleep_for(kTickTime);
  }
  end();
}

void NodeService::follow_commands() {
  std::deque<std::pair<std::string, bool>> commands;
  {
    const MutexLock lock(mutex_);
    commands = std::exchange(commands_, {});
  }
  for (const auto& [app, on] : commands) {
    module_log("node").info("app {} is turned {} by MQTT", app, on ? "on" : "off");
    try {
      set_enabled(app, on);
    } catch (const Error& error) {
      module_log("node").error("app {} stays as it was: {}", app, error.what());
      const MutexLock changing(changing_);
      tell_sinks();
    }
  }
}

void NodeService::follow_hours() {
  if (Steady::now() - looked_at_hours_ < kBetweenHours) return;
  looked_at_hours_ = Steady::now();
  const MutexLock changing(changing_);
  NodeSetup wanted = setup_of(checked_, enabled_, false);
  const std::vector<NodeApp> before = node_->setup().apps;
  if (wanted.apps == before) return;
  constexpr auto kAfterFailure = std::chrono::minutes(1);
  try {
    node_->apply(wanted);
    module_log("node").info("hours have begun or ended: {} apps run now", wanted.apps.size());
  } catch (const std::exception& error) {
    looked_at_hours_ += kAfterFailure;
    module_log("node").error("hours have begun, but an app cannot run: {}; tries again in a minute",
                             error.what());
    // What ends does so, whatever cannot begin.
    std::erase_if(wanted.apps,
                  [&](const NodeApp& app) { return std::ranges::find(before, app) == before.end(); });
    if (wanted.apps != before) node_->apply(std::move(wanted));
  }
  tell_sinks();
}

void NodeService::tidy_recordings() {
  if (Steady::now() - tidied_ < kBetweenTidying) return;
  tidied_ = Steady::now();
  const StoreOptions limits = [&] {
    const MutexLock changing(changing_);
    return store_options(checked_.config);
  }();
  recordings_.keep_within(limits.max_age, limits.max_bytes);
}

// Closes what is open, and gives sinks a moment to deliver it.
void NodeService::end() {
  if (ended_.exchange(true)) return;
  socket_.reset();
  count(node_->state());  // streams, which are gone then
  node_->stop();
  count(node_->state());  // the last frames and events of apps
  const auto until = Steady::now() + kLastDelivery;
  (void)store_.flush(until);
  const auto delivered = [&] {
    const MutexLock lock(mutex_);
    return std::ranges::all_of(
        sinks_, [](const RunningSink& s) { return s.runner->state().lag == 0 || !s.runner->state().up; });
  };
  while (!delivered() && Steady::now() < until) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  Sinks gone;
  {
    const MutexLock lock(mutex_);
    for (const RunningSink& sink : sinks_) sink.runner->request_stop();
    gone = std::exchange(sinks_, {});
  }
}

}  // namespace mainstream
