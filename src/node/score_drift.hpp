// Whether an app's scores are still distributed as its package and its first days on this node promise.
//
// docs/node.md, "Drift", explains the tests and why they are these.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json_field.hpp"
#include "mainstream/package.hpp"
#include "mainstream/score_bins.hpp"
#include "mainstream/store.hpp"

namespace mainstream {

// A distribution of scores.
struct ScoreShares {
  std::array<double, kScoreBins> share{};  // they add up to 1
  double size = 0;                         // so many independent scores tell as much
};

// How far an observed distribution is from a reference: the population stability index,
// sum of (p - q) ln(p / q), less what two samples of these sizes differ by chance. 0 where a G-test of the
// two says that chance explains the difference (at 0.1 %). Bins are joined until each has five scores.
// `fitted`: how many parameters of the reference were fitted to the observation.
[[nodiscard]] double divergence(const ScoreShares& observed, const ScoreShares& reference, int fitted = 0);

// Scores of one day (UTC), gathered in blocks of ten minutes. Scores near in time are alike, so they tell
// less than independent ones: how much less follows from how much blocks that follow each other differ (von
// Neumann's successive differences, which a rhythm of the day does not disturb).
class ScoreDay {
 public:
  // `at` does not fall.
  void add(const ScoreCounts& scores, std::int64_t positive, WallTime at);
  // Ends the last block.
  void close();

  [[nodiscard]] std::int64_t day() const { return day_; }  // since 1970; of the first score
  [[nodiscard]] bool empty() const { return blocks_ == 0 && block_scores_ == 0; }
  [[nodiscard]] int blocks() const { return blocks_; }  // that are over
  [[nodiscard]] const ScoreCounts& counts() const { return counts_; }
  [[nodiscard]] ScoreShares shares() const;
  [[nodiscard]] double positive_rate() const;

  [[nodiscard]] Json to_json() const;
  static ScoreDay from_json(const JsonField& field);  // throws untrusted

 private:
  std::int64_t day_ = 0, block_ = 0;
  ScoreCounts block_counts_{};
  std::int64_t block_scores_ = 0;
  int blocks_ = 0;
  ScoreCounts counts_{};
  std::int64_t positive_ = 0;
  std::array<double, kScoreBins> last_{};   // shares in the last block
  std::array<double, kScoreBins> steps_{};  // sums of squared differences from block to block
};

// Page's cumulative sum (1954): adds up what exceeds an allowance, so that a small change that stays is found
// as surely as a large one, later.
struct Cusum {
  double sum = 0;
  bool alarm = false;
  void add(double value, double allowance);
};

// One app with one candidate. Plain values, for one thread at a time.
class ScoreDrift {
 public:
  // `packages_threshold`: whether the app runs with the threshold that the promise holds for.
  explicit ScoreDrift(const AnswerQuality& promised, bool packages_threshold = true);

  // Scores since the last call.
  void add(const ScoreCounts& scores, std::int64_t positive, WallTime at);

  enum class Finding { none, first_days, validation, rate };
  struct Result {
    bool learning = true;  // the first days are not over
    int days = 0;          // that were compared
    // Of the last day: divergence from the first days, and from the package's validation where that is known
    // well enough, whatever the share of events.
    std::optional<double> from_first_days, from_validation;
    std::optional<double> positive_rate;  // of the last day
    Interval promised_rate;               // what the package allows, whatever the share of events
  };
  [[nodiscard]] const Result& result() const { return result_; }
  [[nodiscard]] Finding finding() const;

  [[nodiscard]] Json to_json() const;
  // What to_json told, of an app with the same promise. Throws untrusted.
  void restore(const JsonField& field);

 private:
  void end_day();
  void learn(const ScoreDay& day);
  void compare(const ScoreDay& day);
  [[nodiscard]] std::optional<double> from_validation(const ScoreDay& day) const;
  [[nodiscard]] double from_rate(const ScoreDay& day) const;

  std::optional<ScoreTable> table_;
  double positive_size_ = 0, negative_size_ = 0;  // of the table, in independent frames
  bool packages_threshold_ = true;

  ScoreDay today_;
  std::int64_t started_ = -1;  // the day of the first score, which was not watched from its beginning
  std::vector<ScoreDay> first_days_;
  // Of the first days, once they are over.
  ScoreShares reference_;
  double allowance_ = 0;
  int usual_blocks_ = 0;
  Cusum first_days_sum_, validation_sum_, rate_sum_;
  Result result_;
};

}  // namespace mainstream
