#include "fleet/agent.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/backoff.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto kAgentLook = std::chrono::milliseconds(100);
constexpr auto kBetweenProgress = std::chrono::seconds(1);
constexpr auto kBetweenChanges = std::chrono::seconds(5);  // of streams and apps that come and go
constexpr auto kBetweenComparisons = std::chrono::seconds(1);
constexpr std::chrono::seconds kFirstRetry{1}, kLongestRetry{300};
constexpr std::size_t kMostTroubles = 5, kMostReceivers = 16;
constexpr std::string_view kCursor = "fleet/";  // no sink has such a name

constexpr const char* kOnline = "online";
constexpr const char* kOffline = "offline";

std::map<std::string, std::int64_t> receivers_in(const std::filesystem::path& directory) {
  std::map<std::string, std::int64_t> receivers;
  for (const auto& [name, sequence] : StoreReader(directory).cursors())
    if (name.starts_with(kCursor)) receivers[name.substr(kCursor.size())] = sequence;
  return receivers;
}

void add_trouble(NodeReport& report, const std::string& text) {
  if (report.troubles.size() < kMostTroubles) report.troubles.push_back(clean(text));
}

void add_apps(const ServiceState& state, NodeReport& report) {
  for (const ServiceState::App& app : state.apps) {
    for (const std::string& stream : app.streams) {
      ++report.apps;
      const auto running = std::ranges::find(state.node.apps, app_id(app.name, stream), &NodeState::App::id);
      if (running == state.node.apps.end()) continue;  // it rests, as it shall
      if (running->planned) {
        ++report.apps_running;
      } else {
        add_trouble(report, fmt::format("app {}: {}", running->id, running->reason));
      }
    }
  }
}

}  // namespace

FleetAgent::FleetAgent(const NodeConfig& config, const NodeReading& reading, NodeControl& control)
    : directory_(config.node.state),
      node_(config.node.name),
      every_(config.fleet->report),
      topics_(node_),
      control_(control),
      cache_(fleet_packages_in(directory_), config.fleet->ca,
             static_cast<std::uint64_t>(config.fleet->max_packages_mb) << 20),
      reader_(directory_),
      client_(broker_of(*config.fleet), MqttMessage{topics_.online(), kOffline, true},
              {topics_.desired(), topics_.get()},
              {[this] { connected(); }, [this](const std::string& topic, std::string_view payload,
                                               bool retained) { received(topic, payload, retained); }}) {
  {
    const MutexLock lock(mutex_);
    in_force_ = reading.state;
    acknowledged_ = receivers_in(directory_);
    if (in_force_) {
      wanted_ = in_force_->version;
      progress_ = Progress::applied;
    } else if (!reading.why_not.empty()) {
      progress_ = Progress::refused;
      why_ = reading.why_not;
    }
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

FleetAgent::~FleetAgent() {
  thread_ = {};
}

// ---- In the connection's thread ----

void FleetAgent::connected() {
  say_online();
  const MutexLock lock(mutex_);
  report_due_ = true;
}

void FleetAgent::received(const std::string& topic, std::string_view payload, bool retained) {
  if (topic == topics_.desired()) {
    if (payload.empty()) return;  // the broker forgets it; the node does not
    const MutexLock lock(mutex_);
    message_ = payload;
    fetching_.request_stop();
  } else if (topic == topics_.get() && !retained) {
    try {
      answer(payload);
    } catch (const Error& error) {
      const MutexLock lock(mutex_);
      // Once: who can publish must not be able to fill the log.
      if (!std::exchange(odd_request_said_, true))
        module_log("fleet").warn("a request for events is passed over: {}", error.what());
    }
  }
}

void FleetAgent::answer(std::string_view payload) {
  const RangeRequest request = parse_range_request(payload);
  const std::int64_t last = reader_.last_sequence();
  if (request.acknowledged >= 0) acknowledge(request, last);
  if (request.limit == 0) return;
  std::vector<EventRecord> records;
  for (StoredEvent& stored : reader_.changes_after(request.after, static_cast<std::size_t>(request.limit)))
    records.push_back(std::move(stored.event));
  (void)client_.publish({topics_.events(request.receiver), range_answer(request, records, last), false});
}

// Each receiver has a cursor in the store, as sinks have.
void FleetAgent::acknowledge(const RangeRequest& request, std::int64_t last_sequence) {
  const std::int64_t sequence = std::min(request.acknowledged, last_sequence);
  const MutexLock lock(mutex_);
  if (!acknowledged_.contains(request.receiver) && acknowledged_.size() >= kMostReceivers) {
    throw Error(ErrorKind::untrusted, fmt::format("receiver {}: there are {} receivers already",
                                                  in_quotes(request.receiver), kMostReceivers));
  }
  acknowledged_[request.receiver] = sequence;
  control_.node().store().set_cursor(std::string(kCursor) + request.receiver, sequence);
}

// ---- In the agent's thread ----

void FleetAgent::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      if (const auto message = take_message()) follow(*message, stop);
      tidy();
      if (is_report_due()) report();
    } catch (const Error& error) {
      module_log("fleet").error("{}", error.what());
    }
    std::this_thread::sleep_for(kAgentLook);
  }
}

// Keeps the packages of the state in force, and of the one that the next start begins with: another, if that
// could not be used at this start, or the one in force cannot be kept. Not while something that was fetched
// is to be put in force.
void FleetAgent::tidy() {
  std::vector<DesiredPackage> needed;
  {
    const MutexLock lock(mutex_);
    if (ready_ || changing_ || !std::exchange(tidy_due_, false)) return;
    if (in_force_) needed = in_force_->packages;
  }
  if (const auto kept = kept_state(directory_))
    needed.insert(needed.end(), kept->packages.begin(), kept->packages.end());
  cache_.keep_only(needed);
}

// At once for what the fleet waits for, soon for what changes by itself, else as often as it must be.
bool FleetAgent::is_report_due() {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(report_due_, false)) return true;
  }
  const auto since = Steady::now() - reported_at_;
  if (since >= every_) return true;
  if (since < kBetweenChanges || Steady::now() - compared_at_ < kBetweenComparisons) return false;
  compared_at_ = Steady::now();
  const NodeReport now = report_now();
  return now.streams_up != reported_.streams_up || now.apps_running != reported_.apps_running;
}

std::optional<std::string> FleetAgent::take_message() {
  const MutexLock lock(mutex_);
  if (message_) fetching_ = {};
  return std::exchange(message_, std::nullopt);
}

void FleetAgent::follow(const std::string& payload, const std::stop_token& stop) {
  try {
    DesiredState state = parse_desired(payload);
    if (!is_new(state) || !fetch(state, stop)) return;
    tell(Progress::applying);
    const MutexLock lock(mutex_);
    if (!message_) ready_ = std::move(state);
  } catch (const Error& error) {
    refuse(error.what());
  }
}

// Whether it is to be put in force. Throws untrusted for what must not be.
bool FleetAgent::is_new(const DesiredState& state) {
  const MutexLock lock(mutex_);
  wanted_ = state.version;
  if (!in_force_ || state.version > in_force_->version) return true;
  if (state.version < in_force_->version) {
    throw Error(ErrorKind::untrusted, fmt::format("version {} is older than version {}, which is in force",
                                                  state.version, in_force_->version));
  }
  if (!state.same_but_for_version(*in_force_)) {
    throw Error(ErrorKind::untrusted,
                fmt::format("version {} is in force with another content; a change needs a higher version",
                            state.version));
  }
  progress_ = Progress::applied;
  why_.clear();
  report_due_ = true;
  return false;
}

// Until all packages are there. False when another message came, or a stop.
bool FleetAgent::fetch(const DesiredState& state, const std::stop_token& stop) {
  std::stop_source ends = [this] {
    const MutexLock lock(mutex_);
    return fetching_;
  }();
  const std::stop_callback with_the_agent(stop, [&ends] { ends.request_stop(); });
  const std::stop_token ended = ends.get_token();
  Steady::time_point told{};
  const auto tell_share = [&](double share) {
    if (Steady::now() - told < kBetweenProgress) return;
    told = Steady::now();
    tell(Progress::fetching, {}, share);
    report();
  };
  for (Backoff backoff(kFirstRetry, kLongestRetry); !ended.stop_requested();) {
    Download download;
    try {
      download = cache_.fetch(state.packages, ended, tell_share);
    } catch (const Error& error) {
      download = {error.what(), true};  // the disk is full, perhaps
    }
    if (download.error.empty()) return true;
    if (ended.stop_requested()) break;
    if (!download.may_pass) throw Error(ErrorKind::untrusted, download.error);
    tell(Progress::waiting, download.error);
    module_log("fleet").warn("version {} waits: {}", state.version, download.error);
    if (!wait_for(backoff.next(), ended)) break;
  }
  return false;
}

// Reports meanwhile. False when the token was stopped.
bool FleetAgent::wait_for(std::chrono::nanoseconds time, const std::stop_token& stop) {
  for (const auto end = Steady::now() + time; Steady::now() < end;) {
    if (stop.stop_requested()) return false;
    if (is_report_due()) report();
    std::this_thread::sleep_for(kAgentLook);
  }
  return true;
}

// Says each time that the node is online: after a quick restart the broker may take the connection before for
// lost only now, and publish its last will.
void FleetAgent::report() {
  say_online();
  reported_ = report_now();
  reported_at_ = Steady::now();
  (void)client_.publish({topics_.reported(), to_json(reported_), true});  // else after the next connect
}

NodeReport FleetAgent::report_now() const {
  const ServiceState state = control_.node().state();
  NodeReport report;
  report.node = node_;
  report.program = MAINSTREAM_VERSION;
  report.time = wall_now();
  report.every = std::chrono::ceil<std::chrono::seconds>(every_);
  {
    const MutexLock lock(mutex_);
    report.version = in_force_ ? in_force_->version : 0;
    report.wanted = wanted_;
    report.progress = progress_;
    report.why = clean(why_, kMostMessage);
    report.fetched = fetched_;
    report.acknowledged = acknowledged_;
  }
  for (const NodeState::Stream& stream : state.node.streams) {
    ++report.streams;
    if (stream.up) {
      ++report.streams_up;
    } else {
      add_trouble(report, fmt::format("stream {}: {}", stream.name, stream.reason));
    }
  }
  add_apps(state, report);
  for (const SinkState& sink : state.sinks)
    if (!sink.up) add_trouble(report, fmt::format("sink {}: {}", sink.name, sink.last_error));
  if (!state.store.error.empty()) add_trouble(report, "store: " + state.store.error);
  report.cost = state.node.plan.cost;
  report.budget = state.node.plan.budget;
  report.mean_f1 = state.node.plan.mean_f1;
  report.events = state.node.events;
  report.last_sequence = state.store.last_sequence;
  return report;
}

// ---- In any thread ----

void FleetAgent::say_online() {
  (void)client_.publish({topics_.online(), kOnline, true});
}

void FleetAgent::tell(Progress progress, const std::string& why, double fetched) {
  const MutexLock lock(mutex_);
  progress_ = progress;
  why_ = why;
  fetched_ = fetched;
  report_due_ = true;
}

void FleetAgent::refuse(const std::string& why) {
  tell(Progress::refused, why);
  module_log("fleet").error("the fleet's state is refused: {}; the node goes on as it was", why);
  const MutexLock lock(mutex_);
  tidy_due_ = true;
}

// ---- In the thread that changes the node ----

void FleetAgent::look() {
  std::optional<DesiredState> state;
  {
    const MutexLock lock(mutex_);
    state = std::exchange(ready_, std::nullopt);
    changing_ = state.has_value();
  }
  if (!state) return;
  const Change change = put_in_force(*state);
  const bool busy = change.outcome == Change::Outcome::busy;
  if (change.outcome == Change::Outcome::done) {
    keep(*state);
  } else if (!busy) {
    const std::size_t mistakes = change.faults.size();
    refuse(change.why + (mistakes < 2 ? "" : fmt::format(" ({} mistakes in all)", mistakes)));
  }
  const MutexLock lock(mutex_);
  if (busy && !message_ && !ready_) ready_ = std::move(state);
  changing_ = false;
  tidy_due_ = !busy;
}

void FleetAgent::keep(const DesiredState& state) {
  module_log("fleet").info("version {} of the fleet's state is in force", state.version);
  {
    const MutexLock lock(mutex_);
    in_force_ = state;
  }
  std::string why;
  try {
    keep_state(directory_, state);
  } catch (const Error& error) {
    why = fmt::format("in force until the node ends, as it cannot be kept: {}", error.what());
    module_log("fleet").error("version {} of the fleet's state is {}", state.version, why);
  }
  tell(Progress::applied, why);
}

Change FleetAgent::put_in_force(const DesiredState& state) {
  try {
    return control_.recheck(check_for(state), fmt::format("version {}", state.version));
  } catch (const Error& error) {
    return {Change::Outcome::wrong, error.what(), {}, {}};
  }
}

}  // namespace mainstream
