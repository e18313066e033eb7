// M-Runner: runs the apps of several M-Packages on one stream, sharing the stem of their common base.
//
// docs/running.md explains frames, rates and budget, and each figure of the report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mainstream/event.hpp"
#include "mainstream/media.hpp"
#include "mainstream/planning.hpp"

namespace mainstream {

enum class Pace {
  live,  // frames come at the stream's rate; a frame that is not taken in time is lost
  all,   // analyses every frame that the schedule asks for, as fast as possible
};

[[nodiscard]] const char* to_string(Pace pace);  // "live", "all"
[[nodiscard]] std::optional<Pace> pace_from(const std::string& name);

// Whose clock says at what time of the day a frame was.
enum class WallClock {
  playback,  // a file: ours at its first frame, and the file's own times from there
  arrival,   // ours, when the frame had come and was decoded
  camera,    // the camera's, which it tells by RTCP
};
[[nodiscard]] const char* to_string(WallClock clock);  // "playback", "arrival", "camera"

// Frames that were lost, by cause.
struct Drops {
  std::int64_t overload = 0;  // a newer frame came before a worker was free
  std::int64_t budget = 0;    // the budget was spent
  std::int64_t camera = 0;    // they never came, or could not be decoded
  [[nodiscard]] std::int64_t total() const { return overload + budget + camera; }
};

struct RunOptions {
  std::filesystem::path base;               // a prepared base
  std::vector<std::filesystem::path> apps;  // M-Packages for it, one per app
  std::optional<CandidateKind> candidates;  // only candidates of this kind
  std::string source;                       // a file, a url or another source (docs/running.md, "Sources")
  SourceOptions input;                      // how it is read; its fps is `stream_fps` below
  std::string stream;                       // its name in events; empty: derived from the source
  // Frames per second. A file is played at this rate, a camera is expected to have it; 0: the rate that the
  // source states.
  double stream_fps = 0;
  std::optional<FrameRange> frames;  // only this part of a file; frames keep their indices and times
  std::optional<double> duration_s;  // ends after this many seconds of the stream
  int threads = 0;                   // threads of the engine; 0: as engine_threads() says

  Mode mode = Mode::mainstream;
  Pace pace = Pace::live;
  // Busy milliseconds per second of stream; never exceeded. Without a budget, the run estimates what the
  // machine can do.
  std::optional<double> budget;
  Algorithm algorithm = Algorithm::automatic;  // for Mode::mainstream
  Objective objective = Objective::mean;
  std::optional<std::filesystem::path> schedule;  // runs this schedule instead of solving for one

  // Outputs. A regular file is replaced; what else stands at a path (a pipe, /dev/stdout) is written through,
  // links are followed. A reader of `events` that stalls holds up nothing: 16 MiB wait for it, then lines are
  // lost, which is an error at the end.
  std::optional<std::filesystem::path> events;     // JSON Lines
  bool append_events = false;                      // writes behind what is there, if that is a regular file
  std::optional<std::filesystem::path> frame_log;  // CSV
  std::optional<std::filesystem::path> report;     // JSON, written when the run ends
  // Called by a thread of its own, so that a slow one does not slow the analysis.
  std::function<void(const EventRecord&)> on_event;
  bool show_progress = false;  // on standard error
};

// Milliseconds over all occurrences.
struct TimeSummary {
  std::int64_t count = 0;
  double mean_ms = 0, median_ms = 0, p95_ms = 0, p99_ms = 0;
};

// The figures of one run. docs/running.md defines each.
struct RunReport {
  struct App {
    std::string name;
    double target_fps = 0, reached_fps = 0;
    std::int64_t frames = 0, positive = 0, events = 0;
    TimeSummary own_time;  // time of the tail; without sharing, of the whole network
  };
  // A plan in force from a time of the stream until the next plan or the end.
  struct InForce {
    double from_seconds = 0;
    std::string reason;  // why it replaced the previous plan
    MixPlan plan;
  };
  // The stem's segment that ends at this branchpoint, in one number type: its cost at the start and at the
  // end of the run.
  struct StemCost {
    std::string branchpoint, number_type;
    double measured_ms = 0;
    std::optional<double>
        observed_ms;  // nothing if the run does not observe costs (Pace::all, a given schedule)
  };

  std::string stream, source;
  Mode mode = Mode::mainstream;
  Pace pace = Pace::live;
  double stream_fps = 0;
  int threads = 0;
  std::string ended;  // "end of stream", "duration", "stopped", or the error
  double stream_seconds = 0, wall_seconds = 0;

  std::int64_t frames_delivered = 0, frames_dropped = 0, frames_undecodable = 0;
  std::int64_t frames_analysed = 0, frames_put_off = 0;
  std::int64_t reconnects = 0;                 // how often a lost camera came back
  WallClock wall_clock = WallClock::playback;  // of the last frame
  double busy_ms = 0, busy_ms_per_s = 0;
  std::optional<double> budget;   // as given
  double available_ms_per_s = 0;  // the budget of the last schedule
  TimeSummary latency, frame, scaling, stem, decoding;

  std::vector<App> apps;
  std::vector<NumberType>
      number_types;  // number types that plans could use, f32 first; a schedule's indices refer to them
  std::vector<InForce> schedules;
  std::vector<StemCost> stem_costs;
};

[[nodiscard]] std::string to_json(const RunReport& report);

// One line of a frame log (docs/formats.md, "Frame log").
struct FrameAnswer {
  std::int64_t frame = 0;
  std::string app;
  double score = 0;
  bool positive = false;
};

// All scores of a file, in its order. Throws unreadable, or untrusted with file and row (the header is row
// 0).
[[nodiscard]] std::vector<FrameAnswer> read_frame_log(const std::filesystem::path& path);

// Runs until the stream ends, `duration_s` is over or `stop` is requested; then closes open events, and
// writes them and the report. Checks its arguments and files before the first frame: throws usage,
// unreadable, untrusted, unsupported, infeasible or storage. A later error (a lost camera, a full disk) is
// thrown after events and report are written.
RunReport run(const RunOptions& options, const std::stop_token& stop = {});

// How an event is replayed.
struct ReplayOptions {
  std::filesystem::path base, app;  // the base, and the package that answered then
  std::string source;               // the clip of the event
  SourceOptions input = {};
  // Of the engine. With the number that answered then, f32 gives the same bits.
  int threads = 1;
};

// All frames of an event, answered again.
struct EventReplay {
  // Scores of a replay may differ this much: they are recorded with six digits, and a stem that was compiled
  // for more apps, or with other threads, sums in another order.
  static constexpr double kTolerance = 1e-4;

  struct Frame {
    std::int64_t index = 0;
    double seconds = 0;  // time of the stream
    float score = 0;
    bool positive = false;
    // Whether the event's rate takes it, from its first frame on. What was really analysed differs where a
    // plan changed meanwhile or frames were lost.
    bool planned = false;
  };
  std::vector<Frame> frames;
  std::optional<float> peak;  // the score of the frame that had the event's peak

  // Whether the frame with the peak has the recorded score again.
  [[nodiscard]] bool agrees_with(const EventRecord& event) const;
};

// Answers the frames of an event again, with the candidate, number types, threshold and region that the
// record names. Throws usage: another package, or a clip without these frames; untrusted: a record that lacks
// what is needed (only records of this program have it); and as the readers of base, package and source do.
[[nodiscard]] EventReplay replay_event(const EventRecord& event, const ReplayOptions& options,
                                       std::stop_token stop = {});

}  // namespace mainstream
