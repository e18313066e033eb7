// How well an app finds its events, given how well it judges single frames and how many it sees.
// The model is that of docs/scheduling.md ("Quality").
#pragma once

#include <cstdint>

namespace mainstream {

// What the events of an app are like.
struct EventStatistics {
  double length_ms = 2000;
  double frequency = 0.1;    // fraction of time that events take up, 0..1
  double correlation = 0.1;  // of neighbouring frames' answers, 0..1
  int votes = 1;             // consecutive positive frames that make a detection

  bool operator==(const EventStatistics&) const = default;
};

struct Quality {
  double recall = 0, precision = 0, f1 = 0;
  bool operator==(const Quality&) const = default;
};

// The probability that `frames` analysed frames bring no detection, when each is positive with probability
// `positive` (0..1) and neighbours are correlated.
[[nodiscard]] double miss_probability(double positive, std::int64_t frames, double correlation, int votes);

// Quality at `fps` analysed frames per second: `tpr` is the probability that a frame within an event is
// positive, `fpr` that a frame outside is. All arguments in range (probabilities 0..1, fps and length
// positive, votes at least 1) or the result means nothing.
[[nodiscard]] Quality event_quality(const EventStatistics& events, double tpr, double fpr, double fps);

// The harmonic mean of recall and precision; 0 if either is 0.
[[nodiscard]] double f1_score(double recall, double precision);

}  // namespace mainstream
