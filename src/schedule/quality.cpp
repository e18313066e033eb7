#include "mainstream/quality.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

// One more frame. runs[i]: the probability of no detection so far with the last i frames positive. A positive
// frame moves probability mass from run i to run i + 1, a negative one to run 0; mass that reaches `votes`, a
// detection, is gone. Returns what is left.
double advance(std::vector<double>& runs, double positive, double correlation) {
  const double again = positive + (1 - positive) * correlation;
  double left = 0, to_zero = 0;
  for (std::size_t i = runs.size(); i-- > 0;) {
    const double hit = i == 0 ? positive : again;
    to_zero += runs[i] * (1 - hit);
    if (i + 1 < runs.size()) runs[i + 1] = runs[i] * hit;
  }
  runs[0] = to_zero;
  for (const double mass : runs) left += mass;
  return left;
}

// A Markov chain over run lengths. After a while every frame takes the same share of what is left, so the
// rest of a long event is a power of that share.
double miss_with_votes(double positive, std::int64_t frames, double correlation, int votes) {
  if (frames < votes) return 1;
  std::vector<double> runs(static_cast<std::size_t>(votes), 0.0);
  runs[0] = 1;
  double left = 1, share = 1;
  std::int64_t settled = 0;
  for (std::int64_t frame = 0; frame < frames; ++frame) {
    const double now = advance(runs, positive, correlation);
    if (now < kNoMiss) return now;
    settled = std::abs(now / left - share) < kSettledDecay ? settled + 1 : 0;
    share = now / left;
    left = now;
    if (settled > 4 * votes + 8) return left * std::pow(share, static_cast<double>(frames - frame - 1));
  }
  return left;
}

// Faster than std::pow for short events: most options need it once or twice.
double power(double base, std::int64_t exponent) {
  constexpr std::int64_t kLong = 1000;  // repeated squaring loses precision
  if (exponent > kLong) return std::pow(base, static_cast<double>(exponent));
  double result = 1;
  for (; exponent > 0; exponent /= 2, base *= base) {
    if (exponent % 2 == 1) result *= base;
  }
  return result;
}

// The probability of a detection within a stretch of `length` frames on average: floor(length) frames, or one
// more, with the weights that make the mean right.
double detection(double positive, double length, double correlation, int votes) {
  const double whole = std::floor(length);
  const double longer = length - whole;
  const auto frames = static_cast<std::int64_t>(whole);
  const double found = 1 - ((1 - longer) * miss_probability(positive, frames, correlation, votes) +
                            longer * miss_probability(positive, frames + 1, correlation, votes));
  return found < kNoDetection ? 0 : found;
}

}  // namespace

double miss_probability(double positive, std::int64_t frames, double correlation, int votes) {
  if (frames <= 0) return 1;
  if (votes > 1) return miss_with_votes(positive, frames, correlation, votes);
  const double miss = 1 - positive;
  return miss * power(miss + positive * correlation, frames - 1);
}

double f1_score(double recall, double precision) {
  return recall > 0 && precision > 0 ? 2 / (1 / recall + 1 / precision) : 0;
}

Quality event_quality(const EventStatistics& events, double tpr, double fpr, double fps) {
  const double length = events.length_ms / 1000 * fps;
  Quality quality;
  quality.recall = detection(tpr, length, events.correlation, events.votes);
  const double false_alarm = detection(fpr, length, events.correlation, events.votes);
  const double right = events.frequency * quality.recall;
  const double all = right + (1 - events.frequency) * false_alarm;
  quality.precision = all > 0 ? right / all : 1;
  quality.f1 = f1_score(quality.recall, quality.precision);
  return quality;
}

}  // namespace mainstream
