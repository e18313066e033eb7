// A node: runs the apps of many streams with one budget, for as long as it is wanted. Streams, apps and the
// budget may change while it runs.
//
// docs/running.md, "A node", tells how workers, plans and changes work together.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/event.hpp"
#include "mainstream/media.hpp"
#include "mainstream/number_type.hpp"
#include "mainstream/planning.hpp"
#include "mainstream/runner.hpp"

namespace mainstream {

class Clock;

// Where frames come from.
struct NodeStream {
  std::string name;    // unique in the node; in events
  std::string source;  // a file, a url or another source (docs/running.md, "Sources")
  SourceOptions input = {};
  // Of a live source: the same camera with smaller pictures or fewer of them, played while that suffices.
  // Empty: it has none.
  std::string substream = {};
  bool operator==(const NodeStream&) const = default;
};

struct NodeApp {
  std::string id;                      // unique in the node; in events
  std::string stream;                  // the name of its stream
  std::filesystem::path package;       // an M-Package for one of the node's bases
  Region region = {};                  // the part of the picture that it looks at
  double weight = 1;                   // of its F1 in the mean
  std::optional<double> min_fps = {};  // the schedule gives it at least so many frames per second
  EventOverrides overrides = {};
  bool operator==(const NodeApp&) const = default;
};

// What a node runs.
struct NodeSetup {
  std::vector<std::filesystem::path> bases;  // prepared bases; each app runs on the one of its package
  std::vector<NodeStream> streams;
  std::vector<NodeApp> apps;
  // Core-milliseconds per second for decoding, scaling and the networks together (two cores have 2000).
  // Nothing: what the machine has to give, which the node finds out.
  std::optional<double> budget;
};

// Takes records of events: one when an event begins, when it goes on (at most one a second, and only if its
// end or its peak moved), and when it is over. `jpeg` is the picture of the peak frame so far, at most 1280
// pixels wide: when the event begins, when a clearly higher peak comes, and at the end if the peak's was not
// given before; else empty. Takes near misses, too, which are no events (EventChange::nearly).
using NodeEventSink = std::function<void(const EventRecord&, const std::string& jpeg)>;

// Something was found to have changed for long, with what to do; or it is as it was again (docs/node.md,
// "Drift").
struct NodeWarning {
  std::string stream, app;  // app: empty where it is about the stream's picture
  std::string text;
};

// Lasts as long as the node.
struct NodeOptions {
  Mode mode = Mode::mainstream;
  Algorithm algorithm = Algorithm::automatic;  // for Mode::mainstream
  Objective objective = Objective::mean;
  std::optional<CandidateKind> candidates;    // only candidates of this kind
  NumberType number_type = NumberType::int8;  // the least exact one that plans may use
  // Threads that analyse frames, and threads of the engine in each. 0: the layout with the highest
  // throughput.
  int workers = 0, threads = 0;
  std::filesystem::path cache = cache_folder();  // of measured costs
  // Each record goes to all of them in this order, on a thread of their own: a slow sink does not slow the
  // analysis. An exception of a sink is logged, and the next one gets the record.
  std::vector<NodeEventSink> sinks;
  // Sees each decoded frame of a stream, in the thread that reads the stream: it must not wait.
  std::function<void(const std::string& stream, const VideoFrame& frame)> each_frame;
  // Gives the id of an event that begins on a stream; called by any worker. Nothing: "gate-1716543210042",
  // with numbers that rise from one start of the node to the next.
  std::function<std::string(const std::string& stream)> new_event_id;
  // The folder that keeps what the node learned of its streams' pictures and its apps' scores. Empty: that is
  // forgotten at the end.
  std::filesystem::path drift;
  std::function<void(const NodeWarning&)> warn;  // beside the log; does not wait
};

// How old analysed frames were: from the decoder's hand to that of the events' thread.
struct FrameAges {
  static constexpr std::array<double, 9> kBounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};  // seconds
  std::array<std::int64_t, kBounds.size()> up_to{};  // frames not older than that
  std::int64_t frames = 0;
  double total_s = 0;
};

// How a node is, at one moment.
struct NodeState {
  // A stream's picture beside the reference, which the node learned in the first two days.
  struct Picture {
    std::string finding = "learning";  // or same, moved, covered, blurred, dark
    double likeness = 1;               // -1 to 1: of the edges in the last ten minutes
    double sharpness = 1;              // in the last ten minutes, by the reference's
    std::string warning;               // what to do; empty: nothing
    bool operator==(const Picture&) const = default;
  };
  // An app's scores beside what its package and its first seven days promise. Divergences are population
  // stability indices of the last whole day: 0.1 is small, 0.25 large.
  struct Scores {
    bool learning = true;
    int days = 0;  // compared
    std::optional<double> from_first_days, from_validation;
    std::optional<double> positive_rate;         // share of positive frames on the last whole day
    double promised_low = 0, promised_high = 1;  // what the package allows, whatever the share of events
    std::string warning;                         // what to do; empty: nothing
    bool operator==(const Scores&) const = default;
  };
  // What people said of an app's events in the last 30 days.
  struct Judged {
    std::int64_t right = 0, wrong = 0, missed = 0;
    double f1 = 0, f1_low = 0, f1_high = 1;  // with its 90 % interval
    std::string warning;                     // what to do; empty: nothing
    bool operator==(const Judged&) const = default;
  };
  struct Stream {
    std::string name;
    bool up = false;
    std::string reason;               // why it is not up
    double fps = 0, reached_fps = 0;  // stated; of the last seconds
    std::int64_t frames = 0;          // decoded
    std::int64_t reconnects = 0;      // times that it came up again
    double decode_ms = 0;             // of a frame: processor time
    Drops drops;                      // of the stream's frames
    bool leaves_out = false;          // no frame is decoded that neither an app nor another frame needs
    bool on_substream = false;
    Picture picture;
    // Of its analysed frames so far: core-milliseconds of scaling and stems, and how old they were.
    double stem_ms = 0;
    FrameAges ages;
    std::optional<double> frame_age_ms;  // the mean of what `ages` counted in the last seconds, if it did
  };
  // Also tells why there is no event: the score is below the threshold, the votes are too few, or too few
  // frames are analysed.
  struct App {
    std::string id, stream;
    std::string package;  // sha256
    Setting setting;      // in force, with threshold, votes and planned rate
    bool planned = false;
    std::string reason;  // why it is not planned
    double expected_f1 = 0;
    double cost = 0;                  // core-milliseconds per second of what it does not share
    std::size_t stem = 0;             // index into the plan's stems
    double reached_fps = 0;           // of the last seconds
    std::optional<float> last_score;  // nothing before the first analysed frame
    int votes = 0;                    // positive frames in a row so far
    bool event_open = false;
    std::int64_t frames = 0, positive = 0, events = 0;  // since the app came
    Drops drops;                                        // frames that the plan asked for
    Drops lost;                                         // of these, in the last seconds
    std::string why_not;                                // why there is no event now, in words
    Scores scores;
    std::optional<Judged> judged;  // where a store knows verdicts (NodeService)
    double own_ms = 0;             // core-milliseconds of its own networks so far
  };
  // What apps of one stream, base and region share.
  struct Stem {
    // Runs once for all apps behind it: from the branchpoint before up to this one; the first one scales the
    // picture, too.
    struct Segment {
      std::string branchpoint;
      NumberType number_type = NumberType::f32;
      double fps = 0, cost = 0;  // cost: core-milliseconds per second
    };
    std::string stream, base;
    Region region = {};
    std::vector<Segment> segments;  // that run, in order; none where every app runs alone
  };
  // The plan in force.
  struct Plan {
    int number = 0;
    std::string reason;   // why it replaced the one before
    double cost = 0;      // core-milliseconds per second, of these
    double decoding = 0;  //   for decoding
    double budget = 0;
    double mean_f1 = 0, min_f1 = 0;
    bool feasible = true;  // whether it keeps the budget
    std::vector<Stem> stems;
  };

  int workers = 0, threads = 0;
  std::vector<Stream> streams;  // in the setup's order
  std::vector<App> apps;        // likewise
  Plan plan;
  // How many plans have come, by what made them: setup (somebody changed it), streams (came up or ended),
  // processors (others to use), feedback (costs as observed), repair (an analysis failed).
  std::map<std::string, std::int64_t> plans;
  double busy_ms_per_s = 0;         // core-milliseconds of the workers in the last seconds
  std::int64_t events = 0;          // raised
  std::int64_t events_dropped = 0;  // because the sinks were too slow
  std::int64_t sink_failures = 0;
};

// What a node would do with another setup.
struct NodeOutlook {
  // The setting that would give an app the most F1 for its cost.
  struct Step {
    struct Change {
      std::string id;
      double before = 0, after = 0;  // F1
    };
    std::string candidate;
    double fps = 0, f1 = 0;
    double extra_cost = 0;           // core-milliseconds per second
    std::string why_not;             // no plan fits it; empty: one does, in which
    std::vector<Change> taken_from;  //   these apps would have another F1, the greatest loss first
  };
  struct App {
    std::string id, stream;
    bool planned = false;
    std::string reason;  // why it is not planned
    Setting setting;     // with the app's overrides
    double expected_f1 = 0;
    std::optional<Step> more;  // nothing: it has its best setting, or there was no time to look
  };
  bool feasible = true;
  std::string reason;                         // why it is not
  double budget = 0, cost = 0, decoding = 0;  // core-milliseconds per second
  double mean_f1 = 0, min_f1 = 0;
  std::vector<App> apps;  // in the setup's order
  bool guessed = false;   // some costs were never measured on this machine
};

// All members may be called from any thread. A stream that fails is nobody else's trouble: its state says
// why, and a live one is opened again for ever (docs/running.md, "When a camera is lost").
class EdgeNode {
 public:
  // Reads, checks, measures, plans and compiles; a stream that cannot be opened is down, which is no error.
  // Throws usage, unreadable, untrusted, unsupported or infeasible, naming the stream or app.
  EdgeNode(NodeSetup setup, NodeOptions options);
  ~EdgeNode();  // stops
  EdgeNode(EdgeNode&&) noexcept;

  void start();
  // Closes the open events and hands all events to the sinks. A node that was stopped cannot start again.
  void stop();

  // Makes the node run this setup. The new plan is compiled while the old one runs, and takes over between
  // two frames: streams and apps that are in both setups lose no frame, and their open events go on, also
  // where an app gets another package; those of apps that go are closed. Throws as the constructor does, and
  // then nothing has changed.
  void apply(NodeSetup setup);
  [[nodiscard]] NodeSetup setup() const;

  // The same for one change. Throws also usage: an app, stream or base that there is already, or is not.
  void add_app(NodeApp app);
  void replace_app(NodeApp app);  // the one with this id
  void remove_app(const std::string& id);
  void add_stream(NodeStream stream);
  void remove_stream(const std::string& name);  // which no app uses
  void set_budget(std::optional<double> budget);

  [[nodiscard]] NodeState state() const;
  // What the node would do with this setup on the streams that are up, with what it knows of costs now.
  // Nothing is measured, and what runs goes on as it is; takes about a second at most, and waits for a change
  // that is under way. `cores`: as if it had so many. Throws as apply does.
  [[nodiscard]] NodeOutlook outlook(const NodeSetup& setup, std::optional<double> cores = {}) const;
  // The newest picture of a stream, at most 1280 pixels wide or high; nothing when there is no such stream,
  // or no picture yet. Encodes in the caller's thread.
  [[nodiscard]] std::optional<std::string> latest_jpeg(const std::string& stream) const;

 private:
  friend class ClockedNode;  // a test's, on a clock of its own
  EdgeNode(NodeSetup setup, NodeOptions options, mainstream::Clock& clock);

  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mainstream
