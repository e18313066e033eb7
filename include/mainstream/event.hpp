// Events: true ones from labels, detected ones from an app's scores on analysed frames, and how well the two
// agree.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mainstream/input_spec.hpp"
#include "mainstream/media_time.hpp"
#include "mainstream/number_type.hpp"

namespace mainstream {

// A run of frames, both ends included, counted in frames of the stream (not analysed ones).
struct FrameRange {
  std::int64_t first = 0, last = 0;
  [[nodiscard]] bool overlaps(const FrameRange& other) const {
    return first <= other.last && other.first <= last;
  }
  bool operator==(const FrameRange&) const = default;
};

// Labels of each frame of a clip: CSV with the header `frame,APP,..`, then one row per frame, counted from 0
// without gaps, values 0 or 1.
struct Labels {
  std::map<std::string, std::vector<bool>> apps;  // app -> one value per frame
  std::int64_t frames = 0;

  [[nodiscard]] const std::vector<bool>& of(
      const std::string& app) const;  // throws usage, naming the known apps
};

// Throws unreadable or untrusted, naming file, line and column.
[[nodiscard]] Labels read_labels(const std::filesystem::path& path);

// Throws usage for names that the format cannot hold and columns of different lengths, storage otherwise.
void write_labels(const std::filesystem::path& path, const Labels& labels);

// The maximal runs of true, for frames `begin` <= f < `end`.
[[nodiscard]] std::vector<FrameRange> runs_of(const std::vector<bool>& labels, std::int64_t begin,
                                              std::int64_t end);

// The rule that turns an app's positive frames into events. Lengths and gaps are counted in stream frames, so
// they hold at every rate of analysis.
struct EventRule {
  int votes = 1;                // consecutive positive analysed frames that make a detection
  std::int64_t merge_gap = 0;   // detections with at most this many frames between them are one
  std::int64_t min_length = 0;  // an event begins when it is this long; a shorter one never does
  // A frame that would make the event longer ends it and begins the next one, which needs no new votes. What
  // one detection's votes alone span is not cut. 0: no limit.
  std::int64_t max_length = 0;
  bool operator==(const EventRule&) const = default;
};

// What an app's owner wants in place of what package and plan say.
struct EventOverrides {
  std::optional<double> threshold = {};  // 0..1
  std::optional<int> votes = {};
  std::optional<std::chrono::milliseconds> merge_gap = {}, min_length = {}, max_length = {};
  bool operator==(const EventOverrides&) const = default;
};

// Takes analysed frames in order and reports an event when it is over: as soon as no later detection can join
// it. One stream, one app, one thread. Lives as long as the stream: a new plan changes the rule and keeps an
// open event.
class EventDetector {
 public:
  // Throws usage: less than one vote, a negative gap or length, a least length above the greatest.
  explicit EventDetector(EventRule rule);

  struct Event {
    FrameRange range;                  // first to last positive analysed frame
    float peak = 0;                    // highest score within
    std::int64_t seen = 0;             // analysed frames within the range
    std::int64_t positive = 0;         // those of them that were positive
    std::int64_t confirmed_frame = 0;  // the frame at which it began: it had its votes, and was long enough
    std::int64_t peak_frame = 0;       // the first frame with the highest score
    MediaTime start{}, end{};          // times of the range's first and last frame
  };

  // `frame` must rise from call to call (throws usage); `time` is that of the frame. Returns the event that
  // ended, if any.
  [[nodiscard]] std::optional<Event> add(std::int64_t frame, MediaTime time, float score, bool positive);

  // At the end of the stream: the open event. The detector can then start again.
  [[nodiscard]] std::optional<Event> finish();

  // Sets the rule from the next frame on (throws as the constructor). Positive frames just before it count,
  // and an open event goes on.
  void set_rule(EventRule rule);

  // Positive frames in a row, the last frame included: the votes so far.
  [[nodiscard]] int votes() const { return static_cast<int>(run_length_); }

  // The current event, once it has begun.
  [[nodiscard]] const Event* open() const { return begun_ ? &*current_ : nullptr; }

  // Whether a frame is, or may yet become, the first frame or the peak of the current event or the next one:
  // what is to be known of such a frame later must be kept.
  [[nodiscard]] bool may_be_first(std::int64_t frame) const;
  [[nodiscard]] bool may_be_peak(std::int64_t frame) const;

 private:
  // Analysed frames that follow each other.
  struct Tally {
    std::int64_t seen = 0, positive = 0, peak_frame = 0;
    float peak = 0;
    void add(std::int64_t frame, float score, bool positive_frame);
  };
  // The positive frames at the end that no event has.
  struct Fresh : Tally {
    std::int64_t first = 0;
    MediaTime start{};
  };
  void count(std::int64_t frame, MediaTime time, float score, bool positive);
  [[nodiscard]] std::optional<Event> join_run(std::int64_t frame, MediaTime time);
  [[nodiscard]] std::optional<Event> take_current();

  EventRule rule_;
  std::optional<Event> current_;  // has its votes
  bool begun_ = false;            // it is long enough, too
  Tally pending_;                 // since current_'s last frame or, without an event, since fresh_ began
  Fresh fresh_;
  // The run of consecutive positives that the last frame ends.
  std::int64_t run_start_ = 0, run_length_ = 0;
  std::optional<std::int64_t> last_frame_;
};

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

[[nodiscard]] inline WallTime wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// What a record tells: that an event began, that it goes on, that it is over, or that the program ended
// before it did. Or that it is no event but a warning, or a near miss: the frame that came nearest to one
// (one frame, with its picture). In files: new, update, end, interrupted, warning, near_miss.
enum class EventChange { begun, updated, ended, interrupted, warned, nearly };

[[nodiscard]] const char* to_string(EventChange change) noexcept;

// What scores depend on beside frames, package and candidate.
struct AnsweredBy {
  // Number types: of the stem's parts that end at the base's branchpoints, in their order up to the
  // candidate's (at least one; the last one holds for those that follow), and of the candidate's own network.
  std::vector<NumberType> stem;
  NumberType tail = NumberType::f32;
  float threshold = 0;
  Region region = {};  // the part of the picture
  bool operator==(const AnsweredBy&) const = default;
};

// One event of one app on one stream, as far as it is known at `change`.
struct EventRecord {
  std::string app, stream;
  std::string id;                             // unique among the events of a node
  FrameRange frames;                          // frames of the stream
  double start_seconds = 0, end_seconds = 0;  // time of the stream at its first and last frame
  WallTime start_time, end_time;              // the same moments, UTC
  double peak_score = 0;                      // 0..1
  std::int64_t seen = 0, positive = 0;        // analysed frames within, and those of them that were positive
  // The frame at which it began, and the one with the peak score; nothing if the program that wrote the file
  // does not give it.
  std::optional<std::int64_t> confirmed_frame, peak_frame;
  // Values in force when the event ended, as far as known:
  std::string branchpoint;
  double fps = 0;           // analysed frames per second
  int votes = 0;            // consecutive positive frames that made a detection; 0: unknown
  std::string candidate;    // its id in the package
  std::string package;      // sha256, hexadecimal
  std::optional<int> plan;  // its index among the run's plans
  std::optional<AnsweredBy> answered_by{};
  // Of events that a node keeps:
  std::optional<EventChange> change{};  // nothing: the event is over
  std::int64_t sequence = 0;            // place of this record among all of the node's, from 1; 0: unknown
  bool snapshot = false;                // the node has a JPEG of its peak frame
  // Of a warning: what is wrong with the app on this stream and what to do, or that it is right again.
  std::string warning{};

  [[nodiscard]] bool over() const {
    return !change || (*change != EventChange::begun && *change != EventChange::updated);
  }
};

// One line of JSON, without the newline (docs/formats.md). Unknown fields are left out.
[[nodiscard]] std::string to_json_line(const EventRecord& event);

// All events of a JSON Lines file, in its order, without warnings and near misses. Of an event that has
// several records (new, update, end), or one record several times, only the last one is given, in the place
// of the first. Throws unreadable, or untrusted naming file and line.
[[nodiscard]] std::vector<EventRecord> read_events(const std::filesystem::path& path);

// The event of a file that holds just one, as one object or as the records of one event. Throws as
// read_events, and untrusted for none or several.
[[nodiscard]] EventRecord read_event(const std::filesystem::path& path);

// The event score: how well detections agree with the true events. It follows SzCORE's event-based scoring
// (Dan et al., Epilepsia 2024; github.com/esl-epfl/timescoring), with the length of a mean event as the unit
// of false alarms. docs/evaluation.md gives the formula and its behaviour.

// One detected event.
struct Detection {
  FrameRange frames;                      // first to last positive frame
  std::optional<std::int64_t> confirmed;  // the frame that completed the votes, if known
};

// The counts behind a score. They add up over parts of a clip (where no event is cut), clips, apps and
// repeated runs; they need not be whole.
struct EventCounts {
  double found = 0, missed = 0;  // true events that some detection overlaps, and the others
  double false_alarms = 0;       // in mean events: time reported wrongly, but at least 1 for each detection
                                 // that is near no event

  EventCounts& operator+=(const EventCounts& other);
  bool operator==(const EventCounts&) const = default;

  // Nothing if there is no true event: found + missed is 0.
  [[nodiscard]] std::optional<double> recall() const;
  [[nodiscard]] std::optional<double> f1() const;  // 2 found / (2 found + missed + false_alarms)
  // found / (found + false_alarms); nothing if both are 0.
  [[nodiscard]] std::optional<double> precision() const;
};

[[nodiscard]] EventCounts sum(std::span<const EventCounts> counts);

struct ScoreOptions {
  double fps = 0;     // frames per second of the stream
  FrameRange frames;  // the compared frames; both sides are cut to them
  double tolerance_s =
      0.5;  // time before and after an event that counts as the event: labels are no more exact
  // Number of frames that count as one false alarm. 0: the mean length of the true events; without true
  // events, every detection is one.
  double alarm_frames = 0;
};

// Undefined values are empty: without true events, all but the false alarms.
struct EventScore {
  EventCounts counts;
  std::int64_t true_events = 0;
  std::int64_t detections = 0;  // overlapping ones count as one
  std::optional<double> recall, precision, f1;
  std::optional<double> f1_error;  // standard error of F1 (CellBootstrap); from two events on
  double false_alarms_per_hour = 0;
  std::optional<double> detections_per_found;  // mean number that overlap a found event
  std::optional<double> covered;               // share of the events' time within detections
  std::optional<double> median_delay_s;        // from a found event's start to its confirmation, if known
  std::optional<double> always_on_f1;          // the F1 of one detection over all frames: the floor
};

// `truth` is ascending, without overlaps (as from runs_of). Throws usage otherwise, and for invalid options.
[[nodiscard]] EventScore score_events(std::span<const FrameRange> truth,
                                      std::span<const Detection> detections, const ScoreOptions& options);

// The counts by stretches of time: one for each true event, cut at the middles of the gaps between them; one
// stretch if there is no event. Their sum is score_events' counts. A detection over several stretches shares
// its false alarms among them by its frames in each.
[[nodiscard]] std::vector<EventCounts> score_cells(std::span<const FrameRange> truth,
                                                   std::span<const Detection> detections,
                                                   const ScoreOptions& options);

using EventsByApp = std::map<std::string, std::vector<Detection>>;

// The part of an event that a score needs.
[[nodiscard]] Detection detection_of(const EventRecord& event);

// The agreement of several apps' events with labels.
struct RunScore {
  FrameRange frames;  // the compared frames
  double fps = 0;     // frames per second of the stream
  std::map<std::string, EventScore> apps;
  // Over the apps with an F1, which are those with true events; nothing when none has.
  std::optional<double> mean_f1, min_f1;
  std::optional<double> mean_f1_error;  // for independent errors of the apps; nothing unless all have one
  std::optional<double> mean_always_on_f1;
};

// Scores every app of `detected`; an app without detections has an empty list. Throws usage: an app without
// labels (naming the known ones), frames that the labels do not have.
[[nodiscard]] RunScore score_run(const Labels& labels, const EventsByApp& detected,
                                 const ScoreOptions& options);

// A stretch of a stream, frame by frame. If only some, evenly spaced frames were scored, these and their
// rate: times stay the same.
struct Recording {
  std::vector<float> scores;  // 0..1; NaN is positive at no threshold
  std::vector<bool> truth;
  double fps = 0;
};

}  // namespace mainstream
