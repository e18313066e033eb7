// What a way of choosing schedules gets on frames that nobody has seen, beside the best that could have been
// chosen: regret. Schedules are chosen from what the packages promise; what they get is replayed from every
// candidate's scores on the unseen frames. docs/evaluation.md shows and discusses a run.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "eval/clip_scores.hpp"
#include "eval/methods.hpp"
#include "mainstream/planning.hpp"

namespace mainstream {

inline constexpr const char* kHindsight = "hindsight";

// Event F1 of every setting of every app on the unseen frames.
class SeenQuality {
 public:
  // Replays all candidates at all rates and votes, with the packages' thresholds.
  SeenQuality(const Mix& mix, const ClipScores& scores);

  // At any rate; nothing where the frames have no event of the app.
  [[nodiscard]] std::optional<double> f1(std::size_t app, const Setting& setting) const;
  // The mix's problem as somebody would have it who knows the unseen frames.
  [[nodiscard]] Problem known(Problem problem) const;

 private:
  using Key = std::pair<double, int>;  // rate, votes
  const Mix& mix_;
  const ClipScores& scores_;
  std::vector<std::map<std::string, std::map<Key, EventCounts>>> tables_;  // by app and candidate
};

struct RegretPoint {
  double share = 0;   // of what whole bases for all apps would take
  double budget = 0;  // that in milliseconds per second
  // By method, and kHindsight: F1 of each app on the unseen frames; 0 for all where no schedule fits.
  std::map<std::string, std::vector<double>> f1;
  std::map<std::string, double> promised;  // mean F1 as the schedule has it
};

// A mix trained on one part of a clip, its scores on the other.
struct TrainedMix {
  const Mix& mix;
  const Costs& costs;
  const ClipScores& scores;
};

// One cut of a clip. `tails_only`: the same apps with packages of tails alone, if any. Apps without an event
// on the unseen frames do not count.
[[nodiscard]] std::vector<RegretPoint> regret_of(const TrainedMix& trained, const TrainedMix* tails_only,
                                                 const std::vector<double>& shares);

// Over several cuts and seeds: by share, the mean of each method, how far it is behind Mainstream, and the
// standard error of that difference (paired by cut and app).
struct RegretSummary {
  double share = 0;
  struct Line {
    double mean_f1 = 0, behind = 0, behind_error = 0;
  };
  std::map<std::string, Line> methods;
};
[[nodiscard]] std::vector<RegretSummary> summarise(const std::vector<std::vector<RegretPoint>>& cuts);

}  // namespace mainstream
