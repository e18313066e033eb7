#include "train/exits/linear_exit.hpp"
#include "graph/exit.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "mainstream/engine.hpp"
#include "train/exits/level_features.hpp"
#include "train/test_base.hpp"

namespace mainstream {
namespace {

// The exit's graph, behind the stem, gives the same as the sums that the trainer computes.
TEST(LinearExit, OfSeveralLevelsAnswersWhatItsWeightsSay) {
  const Base base = small_base();
  const std::vector<Branchpoint> points{base.branchpoints[1], base.branchpoints[2], base.branchpoints.back()};
  const std::vector<ExitLevel> levels = whole_levels(base, points, 1000, std::size_t{4} << 20);
  ASSERT_EQ(levels.front().pooling.kind, ExitPooling::Kind::average) << "one of them is pooled";
  const ExitReads reads{0, 2};
  LinearValue value;
  for (const std::size_t level : reads)
    value.weights.push_back(made_up(feature_count(levels[level]), static_cast<double>(level)));
  value.offset = 0.25;
  const Graph exit = exit_of(levels, reads, logits_of_log_odds(value));

  const Engine engine({.threads = 1});
  Stem stem(engine, base.graph, {points[0].tensor, points[2].tensor});
  Tail tail(stem, exit), first(stem, feature_graph(levels[0])), last(stem, feature_graph(levels[2]));
  stem.load(made_up(3 * 32 * 32, 1));
  stem.run_to(1);
  const auto logits = tail.run();
  const std::vector<std::span<const float>> features{first.run(), {}, last.run()};
  const double log_odds = value.of(features, reads);
  ASSERT_EQ(logits.size(), 2U);
  EXPECT_NEAR(logits[1] - logits[0], log_odds, 1e-3 * (1 + std::abs(log_odds)));
  EXPECT_NEAR(logits[1] + logits[0], 0, 1e-3 * (1 + std::abs(log_odds)));
}

TEST(ExitReads, AreEachAloneTheMiddleAndTheLast) {
  std::vector<Branchpoint> points;
  for (const double fraction : {0.25, 0.4, 0.5, 0.6, 0.7, 0.9, 1.0}) points.push_back({"t", 1, fraction});
  const std::vector<ExitReads> reads = exit_reads(points);
  ASSERT_EQ(reads.size(), 9U);
  EXPECT_EQ(reads[6], ExitReads{6});
  EXPECT_EQ(reads[7], (ExitReads{1, 2, 3, 4}));
  EXPECT_EQ(reads[8], (ExitReads{3, 4, 5, 6}));
  EXPECT_EQ(exit_reads({{"t", 1, 1.0}}).size(), 1U);
  EXPECT_EQ(exit_reads({{"t", 1, 0.5}, {"u", 2, 0.7}}).size(), 3U) << "middle and last are the same";
}

TEST(LinearExit, ScaledValuesAreTheScalingOfTheirAnswers) {
  const std::vector<LinearValue> scores{{{made_up(5, 1), made_up(3, 2)}, 0.5},
                                        {{made_up(5, 3), made_up(3, 4)}, -1},
                                        {{made_up(5, 5), made_up(3, 6)}, 0}};
  MatrixScaling scaling{Matrix(3, 3), {0.1, 0.2, 0.3}};
  for (std::size_t i = 0; i < 9; ++i) scaling.weights.values[i] = static_cast<double>(i) - 3;
  const std::vector<float> first = made_up(5, 7), second = made_up(3, 8);
  const std::vector<std::span<const float>> features{first, second};
  std::vector<float> answers;
  for (const LinearValue& score : scores) answers.push_back(static_cast<float>(score.of(features, {0, 1})));
  const std::vector<float> expected = scaling.logits(answers);
  const std::vector<LinearValue> found = scaled(scores, scaling);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(found[i].of(features, {0, 1}), expected[i], 1e-4) << i;
}

}  // namespace
}  // namespace mainstream
