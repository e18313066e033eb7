// Events: from labels, from an app's answers on analysed frames, and how well the two agree.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mainstream {

// A run of frames, both ends included, counted in frames of the stream (not analysed ones).
struct FrameRange {
  std::int64_t first = 0, last = 0;
  [[nodiscard]] bool overlaps(const FrameRange& other) const {
    return first <= other.last && other.first <= last;
  }
  bool operator==(const FrameRange&) const = default;
};

// Per-frame labels of a clip: CSV with the header `frame,APP,..`, then one row per frame, counted
// from 0 without gaps, values 0 or 1.
struct Labels {
  std::map<std::string, std::vector<bool>> apps;  // app -> one value per frame
  std::int64_t frames = 0;

  [[nodiscard]] const std::vector<bool>& of(
      const std::string& app) const;  // throws usage, naming the known apps
};

// Throws unreadable or untrusted, naming file, line and column.
[[nodiscard]] Labels read_labels(const std::filesystem::path& path);

// The maximal runs of true, for frames `begin` <= f < `end`.
[[nodiscard]] std::vector<FrameRange> runs_of(const std::vector<bool>& labels, std::int64_t begin,
                                              std::int64_t end);

// How an app's per-frame answers become events.
struct EventRule {
  int votes = 1;               // consecutive positive analysed frames that make a detection
  std::int64_t merge_gap = 0;  // detections with at most so many stream frames between them are one
};

// Feeds on analysed frames in order and tells when an event is over: as soon as no later detection can be
// near enough to be joined to it. One stream, one app, one thread.
class EventDetector {
 public:
  explicit EventDetector(EventRule rule);  // throws usage: less than one vote, a negative gap

  struct Event {
    FrameRange range;           // first to last positive analysed frame
    float peak = 0;             // highest score within
    std::int64_t seen = 0;      // analysed frames within the range
    std::int64_t positive = 0;  // those of them that were positive
  };

  // `frame` must rise from call to call (throws usage). Returns the event that this frame shows to be over,
  // if any.
  [[nodiscard]] std::optional<Event> add(std::int64_t frame, float score, bool positive);

  // At the end of the stream: the open event, if it has its votes. The detector may begin anew then.
  [[nodiscard]] std::optional<Event> finish();

  // The event going on now, once it has its votes.
  [[nodiscard]] const Event* open() const { return current_ ? &*current_ : nullptr; }

 private:
  // What was seen since current_'s last frame, or, without an event, since the run of positives began.
  struct Tally {
    std::int64_t seen = 0, positive = 0;
    float peak = 0;
  };
  void join_run(std::int64_t frame);

  EventRule rule_;
  std::optional<Event> current_;  // has its votes
  Tally pending_;
  std::int64_t run_start_ = 0, run_length_ = 0;  // of consecutive positives, this frame the last
  std::optional<std::int64_t> last_frame_;
};

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// One event of one app on one stream.
struct EventRecord {
  std::string app, stream;
  std::string id;                             // unique among the events of a node
  FrameRange frames;                          // of the stream
  double start_seconds = 0, end_seconds = 0;  // time of the stream at its first and last frame
  WallTime start_time, end_time;              // the same moments, UTC
  double peak_score = 0;                      // 0..1
  std::int64_t seen = 0, positive = 0;        // analysed frames within, and those of them that were positive
  std::string branchpoint;                    // in force when the event ended
  double fps = 0;                             // likewise: analysed frames per second
};

// One line of JSON, without its end (docs/formats.md).
[[nodiscard]] std::string to_json_line(const EventRecord& event);

// All events of a JSON Lines file, in its order. Throws unreadable, or untrusted naming file and line.
[[nodiscard]] std::vector<EventRecord> read_events(const std::filesystem::path& path);

// Agreement of detected events with the truth.
struct EventScore {
  std::int64_t true_events = 0, found = 0;        // found: true events that a detected one overlaps
  std::int64_t detected_events = 0, correct = 0;  // correct: detected events that overlap a true one
  std::optional<double> recall;                   // found / true_events; nothing when there is no true event
  std::optional<double> precision;  // correct / detected_events; nothing when nothing was detected
  std::optional<double> f1;         // nothing when there are neither true nor detected events;
                             // 0 when there are true events and nothing was detected, or the other way round
};

[[nodiscard]] EventScore score_events(std::span<const FrameRange> truth,
                                      std::span<const FrameRange> detected);

using EventsByApp = std::map<std::string, std::vector<FrameRange>>;

// The agreement of several apps' events with labels.
struct RunScore {
  FrameRange frames;  // that were compared
  std::map<std::string, EventScore> apps;
  std::optional<double> mean_f1, min_f1;  // over the apps that have an F1; nothing when none has
};

// Scores every app of `detected`; an app that detected nothing is there with an empty list. Both sides are
// cut to `frames`, and what lies outside does not count. Throws usage: an app without labels (naming the
// known ones), frames that the labels do not have.
[[nodiscard]] RunScore score_run(const Labels& labels, const EventsByApp& detected, FrameRange frames);

}  // namespace mainstream
