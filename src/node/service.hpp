// A node in operation: an EdgeNode, its store and its sinks, and what changes them from outside: the
// configuration, its hours, and people who turn apps on and off. `mainstream node CONFIG.toml` is one.
#pragma once

#include <atomic>
#include <ctime>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/mutex.hpp"
#include "mainstream/mqtt.hpp"
#include "mainstream/node.hpp"
#include "mainstream/sink.hpp"
#include "mainstream/store.hpp"
#include "node/config_check.hpp"
#include "node/recordings.hpp"
#include "node/status_socket.hpp"
#include "node/training.hpp"

namespace mainstream {

// How a node is, at one moment.
struct ServiceState {
  // An app of the configuration; on each of its streams the node has an app of its own.
  struct App {
    std::string name;
    std::vector<std::string> streams;
    bool enabled = true;   // by the configuration, or who said otherwise since
    bool in_hours = true;  // it runs if both are true
  };
  std::string name;
  NodeState node;  // its apps are those that run now
  std::vector<App> apps;
  std::vector<SinkState> sinks;
  StoreState store;
  std::string refused;  // why the last change was not taken over; empty: it was
};

// The id of an app on one of its streams, in an EdgeNode; and the app's name in such an id.
[[nodiscard]] std::string app_id(const std::string& app, const std::string& stream);
[[nodiscard]] std::string app_name(const std::string& id, const std::string& stream);

// All members may be called from any thread. Events reach the sinks through the store alone, so they are what
// is stored.
class NodeService {
 public:
  // Opens the state directory, measures and compiles; run() starts it. `checked` has no faults. Throws failed
  // when another node has the state directory; else as Store, sinks and EdgeNode do.
  // `now`: the wall clock by which apps have hours.
  explicit NodeService(
      CheckedConfig checked, std::function<std::time_t()> now = [] { return std::time(nullptr); });
  ~NodeService();  // stops

  // Plays until a stop is asked for; then closes open events and writes all. Calls `each` after each look at
  // hours, sinks and plans, about four times a second: for what is to be done beside.
  void run(const std::stop_token& stop, const std::function<void()>& each = {});

  // Makes the node run another configuration: all of it or, if it throws, nothing. Throws as the constructor,
  // and usage for what cannot change while the node runs: [node] but for bases, log and log_format,
  // [schedule] but for the budget, [retention], [serve] and [fleet].
  void apply(CheckedConfig checked);

  // Until the node ends, or the configuration gives the app another value of `enabled`. Throws usage for an
  // unknown app, and as apply.
  void set_enabled(const std::string& app, bool enabled);

  // What the node would do with this configuration, as EdgeNode's; apps that rest now rest there, too.
  [[nodiscard]] NodeOutlook outlook(const CheckedConfig& checked, std::optional<double> cores) const;

  // state() tells from now on that a change was refused; apply() does it by itself.
  void refused(const std::string& why);

  [[nodiscard]] ServiceState state() const;
  [[nodiscard]] Store& store() { return store_; }
  [[nodiscard]] StreamRecordings& recordings() { return recordings_; }
  [[nodiscard]] TrainerProcess& training() { return training_; }
  // Trains exits for an app as it is marked in a recording, on the first of the node's bases. Throws usage:
  // there is no such recording, and as TrainerProcess::start.
  void train(const std::string& recording, const std::string& app);
  // As EdgeNode's.
  [[nodiscard]] std::optional<std::string> latest_jpeg(const std::string& stream) const {
    return node_->latest_jpeg(stream);
  }

 private:
  struct RunningSink {
    AnySinkConfig config;
    MqttSink* mqtt = nullptr;  // of the runner
    std::unique_ptr<SinkRunner> runner;
  };
  using Sinks = std::vector<RunningSink>;
  // What was made for a configuration, before anything of it runs.
  using MadeSinks = std::vector<std::pair<AnySinkConfig, std::unique_ptr<Sink>>>;
  using Enabled = std::map<std::string, bool>;  // by app

  [[nodiscard]] NodeSetup setup_of(const CheckedConfig& checked, const Enabled& enabled, bool always) const;
  [[nodiscard]] static bool is_in_hours(const AppConfig& app, std::time_t now);
  [[nodiscard]] Enabled enabled_after(const CheckedConfig& next) const REQUIRES(changing_);
  [[nodiscard]] MadeSinks make_sinks(const NodeConfig& config);
  void take_sinks(const NodeConfig& config, MadeSinks&& made);
  void tell_sinks() REQUIRES(changing_);
  void store_event(EventRecord event, const std::string& jpeg);
  void store_warning(const NodeWarning& warning);

  void follow_hours();
  void follow_commands();
  void follow_node();
  void tidy_recordings();
  void follow_verdicts(const NodeState& node);
  void count(const NodeState& state);
  void end();

  mutable Mutex changing_;  // held while something changes
  CheckedConfig checked_ GUARDED_BY(changing_);
  Enabled enabled_ GUARDED_BY(changing_);

  const std::function<std::time_t()> now_;
  const std::string name_;
  Store store_;
  StreamRecordings recordings_;
  TrainerProcess training_;
  std::unique_ptr<EdgeNode> node_;

  mutable Mutex mutex_;  // never held for long
  std::vector<ServiceState::App> apps_ GUARDED_BY(mutex_);
  std::string refused_ GUARDED_BY(mutex_);
  std::map<std::string, NodeState::Judged> judged_ GUARDED_BY(mutex_);  // by id in the EdgeNode
  Sinks sinks_ GUARDED_BY(mutex_);
  std::deque<std::pair<std::string, bool>> commands_ GUARDED_BY(mutex_);  // apps turned on or off by MQTT

  // For the thread of run().
  int stored_plan_ = -1;
  std::map<std::string, std::int64_t> counted_;
  std::chrono::steady_clock::time_point looked_at_hours_{}, told_stats_{}, read_verdicts_{}, tidied_{};
  std::atomic<bool> ended_ = false;

  std::optional<StatusSocket> socket_;  // last: it asks for the state
};

}  // namespace mainstream
