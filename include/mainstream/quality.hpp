// Predicts how well an app finds its events from its quality on single frames and its frame rate.
// docs/scheduling.md ("Quality") describes the model.
#pragma once

#include <cstdint>

namespace mainstream {

// Statistics of an app's events.
struct EventStatistics {
  double length_ms = 2000;
  double frequency = 0.1;    // fraction of time that events take up, 0..1
  double correlation = 0.1;  // correlation of neighbouring frames' answers, 0..1
  int votes = 1;             // consecutive positive frames that make a detection

  bool operator==(const EventStatistics&) const = default;
};

struct Quality {
  double recall = 0, precision = 0, f1 = 0;
  bool operator==(const Quality&) const = default;
};

// The probability of no detection in `frames` analysed frames, when each is positive with probability
// `positive` (0..1) and neighbours are correlated.
[[nodiscard]] double miss_probability(double positive, std::int64_t frames, double correlation, int votes);

// Quality at `fps` analysed frames per second: `tpr` is the probability that a frame within an event is
// positive, `fpr` that a frame outside is. The result is defined only for arguments in range: probabilities
// 0..1, fps and length positive, votes at least 1.
[[nodiscard]] Quality event_quality(const EventStatistics& events, double tpr, double fpr, double fps);

// The harmonic mean of recall and precision; 0 if either is 0.
[[nodiscard]] double f1_score(double recall, double precision);

}  // namespace mainstream
