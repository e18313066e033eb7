// The inside of a node.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "core/clock.hpp"
#include "core/mutex.hpp"
#include "mainstream/node.hpp"
#include "node/drift_watch.hpp"
#include "node/node_mix.hpp"
#include "node/stream_feed.hpp"
#include "node/why_not.hpp"
#include "run/event_queue.hpp"
#include "run/runtime.hpp"

namespace mainstream {

// What decoding takes in the ways that serve all rates.
[[nodiscard]] double whole_ms_per_s(const Decoding& decoding);

// A runtime fed by cameras. Its own thread follows what changes by itself: streams that come up or end, the
// processors that it may use, and what feedback finds.
class EdgeNode::Impl {
 public:
  Impl(NodeSetup setup, NodeOptions options, Clock& clock);
  ~Impl() { stop(); }

  void start();
  void stop();
  // Applies what `change` makes of the present setup.
  template <typename Change>
  void change(const std::string& reason, const Change& change) {
    const MutexLock changes(one_change_);
    NodeSetup setup = this->setup();
    change(setup);
    apply_as(reason, std::move(setup));
  }
  [[nodiscard]] NodeSetup setup() const;
  [[nodiscard]] NodeState state() const;
  [[nodiscard]] NodeOutlook outlook(const NodeSetup& setup, std::optional<double> cores) const;
  [[nodiscard]] std::optional<std::string> latest_jpeg(const std::string& stream) const;

 private:
  using Feeds = std::map<std::string, std::shared_ptr<StreamFeed>>;
  using Formats = std::map<std::string, StreamFormat>;
  // What runs, and what its lanes count, taken once.
  struct Look {
    Runtime::InForce in_force;
    std::vector<Statistics> statistics;  // of its lanes
  };
  // What the analysis of a stream took so far.
  struct StreamTimes {
    double stem_ms = 0;
    FrameAges ages;
    void add(const Statistics& statistics, int threads);
  };
  // What rates are computed from.
  struct Sample {
    Clock::Time at{};
    std::map<std::string, std::int64_t> app_frames, stream_frames;
    std::map<std::string, Drops> app_drops;
    std::map<std::string, StreamTimes> stream_times;
    double busy_ms = 0;
  };

  void apply_as(const std::string& reason, NodeSetup setup);
  void replan(const char* made_by, const std::string& reason, Formats formats) REQUIRES(changing_);
  [[nodiscard]] Mix mix_for(const NodeFiles& files, const NodeSetup& setup, const Formats& formats) const;
  // Of the streams that are as in this setup, and up.
  [[nodiscard]] Formats formats_of(const NodeSetup& setup) const;
  [[nodiscard]] Runtime::Budget budget(const NodeSetup& setup, std::size_t stems) const;
  [[nodiscard]] Runtime::Budget budget_with(const NodeSetup& setup, std::size_t stems, double cores,
                                            int workers) const;
  [[nodiscard]] Runtime::Budget imagined_budget(const NodeSetup& setup, std::size_t stems,
                                                std::optional<double> cores) const;
  [[nodiscard]] WorkerLayout measure(const NodeSetup& setup) const REQUIRES(changing_);
  void plans_for(Formats formats) REQUIRES(changing_);
  [[nodiscard]] std::shared_ptr<StreamFeed> open(const NodeStream& stream);
  void remember_counts(const Runtime::InForce& before) REQUIRES(changing_);
  void count_plan(const char* made_by);

  void control(const std::stop_token& stop);
  void follow_streams();
  void follow_machine();
  void take_sample();
  void watch_drift();

  [[nodiscard]] Feeds feeds() const;
  [[nodiscard]] Decoding decoding() const;
  [[nodiscard]] Look look() const;
  [[nodiscard]] Sample sample_of(const Look& look) const;
  [[nodiscard]] std::map<std::string, StreamTimes> stream_times() const;
  [[nodiscard]] std::vector<NodeState::Stream> stream_states(const Look& look, const Sample& now,
                                                             const Sample& before) const;
  [[nodiscard]] std::vector<NodeState::App> app_states(const Look& look, const Sample& now,
                                                       const Sample& before) const;

  const NodeOptions options_;
  Clock& clock_;
  EventQueue events_;
  DriftWatch drift_;

  Mutex one_change_;        // held from reading the setup to applying another
  mutable Mutex changing_;  // held while a plan is made
  NodeFiles files_ GUARDED_BY(changing_);
  Formats planned_ GUARDED_BY(changing_);  // what the present plan is for
  Clock::Time planned_at_ GUARDED_BY(changing_){};
  // For the control thread, once it runs:
  int cpus_ = 1;
  double cpu_time_ = 1;
  WhyNotLog why_not_log_;
  // Scores that drift_ knows, by app, of the plan with this number.
  std::map<std::string, std::pair<int, ScoresSeen>> watched_scores_;
  std::optional<Runtime> runtime_;

  mutable Mutex mutex_;  // never held for long
  NodeSetup setup_ GUARDED_BY(mutex_);
  Feeds feeds_ GUARDED_BY(mutex_);
  bool started_ GUARDED_BY(mutex_) = false, stopped_ GUARDED_BY(mutex_) = false;
  std::string why_unplanned_ GUARDED_BY(mutex_);                      // of streams that are up
  std::map<std::string, Statistics::App> counts_ GUARDED_BY(mutex_);  // of apps that do not run now
  std::map<std::string, std::string> packages_ GUARDED_BY(mutex_);    // sha256, by app
  std::map<std::string, std::int64_t> plans_ GUARDED_BY(mutex_);      // NodeState::plans
  // By stream: of stems that do not run any more; and what was told last, which never falls.
  std::map<std::string, StreamTimes> gone_ GUARDED_BY(mutex_);
  mutable std::map<std::string, StreamTimes> told_ GUARDED_BY(mutex_);
  std::deque<Sample> samples_ GUARDED_BY(mutex_);
  int workers_ GUARDED_BY(mutex_) = 1;

  Mutex stopping_mutex_;
  CondVar stopping_;
  std::jthread control_;
};

}  // namespace mainstream
