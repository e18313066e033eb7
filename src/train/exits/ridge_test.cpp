// Compares with plain ridge regression, solved once for each model.
#include "train/exits/ridge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>

#include "core/testing.hpp"
#include "train/exits/gram.hpp"
#include "train/exits/primal_ridge.hpp"
#include "train/exits/ridge_testing.hpp"

namespace mainstream {
namespace {

struct LevelKernel {
  explicit LevelKernel(const HalfRows& rows) : features(scale_of(rows, 2)), kernel(rows.rows(), rows.rows()) {
    add_kernel(rows, features, 2, kernel);
  }
  FeatureScale features;
  Matrix kernel;
};

class RidgeTest : public testing::Test {
 protected:
  static constexpr std::size_t kRows = 60, kSize = 90;

  RidgeTest() : halves_(kRows, kSize, std::size_t{1} << 30, "") {
    std::mt19937_64 random(3);
    std::normal_distribution<double> normal(0, 1);
    for (std::size_t row = 0; row < kRows; ++row) {
      std::vector<float> values(kSize);
      for (std::size_t i = 0; i < kSize; ++i)
        values[i] = static_cast<float>(5 + normal(random) * (1 + static_cast<double>(i % 7)));
      halves_.write(row, values);
      halves_.read(row, values);
      raw_.emplace_back(values.begin(), values.end());
    }
    for (const std::size_t feature : {0U, 3U}) {
      std::vector<double>& target = targets_.emplace_back();
      for (const std::vector<double>& row : raw_)
        target.push_back(row[feature] + normal(random) > 5 ? 1 : -1);
    }
    scale();
  }

  // (x - mean) / sqrt(mean variance * features), as in the reference.
  void scale() {
    std::vector<double> means(kSize, 0);
    for (const auto& row : raw_) {
      for (std::size_t i = 0; i < kSize; ++i) means[i] += row[i] / kRows;
    }
    double variance = 0;
    for (const auto& row : raw_) {
      for (std::size_t i = 0; i < kSize; ++i)
        variance += (row[i] - means[i]) * (row[i] - means[i]) / (kRows * kSize);
    }
    scaled_ = raw_;
    for (auto& row : scaled_) {
      for (std::size_t i = 0; i < kSize; ++i) row[i] = (row[i] - means[i]) / std::sqrt(variance * kSize);
    }
  }

  [[nodiscard]] PlainModel plain(std::size_t target, const std::vector<std::vector<std::size_t>>& without,
                                 double strength) const {
    std::size_t left_out = 0;
    for (const HeldOut& fold : folds_) left_out += fold.left_out.size();
    const double learned =
        static_cast<double>(kRows) - static_cast<double>(left_out) / static_cast<double>(folds_.size());
    return plain_ridge(scaled_, targets_[target], rows_without(kRows, without), strength * learned / 100);
  }

  HalfRows halves_;
  Rows raw_, scaled_;
  std::vector<std::vector<double>> targets_;
  const std::vector<HeldOut> folds_ = folds_in_time(kRows, 5, 2);
  const std::vector<double> strengths_{0.01, 1, 30};
};

TEST_F(RidgeTest, KernelIsThatOfScaledFeatures) {
  const LevelKernel level(halves_);
  double diagonal = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    diagonal += level.kernel(i, i) / kRows;
    for (std::size_t k = 0; k < kRows; ++k) {
      EXPECT_NEAR(level.kernel(i, k),
                  std::inner_product(scaled_[i].begin(), scaled_[i].end(), scaled_[k].begin(), 0.0), 1e-5);
    }
  }
  EXPECT_NEAR(diagonal, 1, 1e-6);
}

TEST_F(RidgeTest, ShippedModelIsTheAverageOfTheFoldsModels) {
  const LevelKernel level(halves_);
  const std::vector<RidgeFit> fits = fit_ridge(level.kernel, targets_, folds_, strengths_, 2);
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    SCOPED_TRACE(target);
    const LinearWeights linear =
        linear_weights(halves_, level.features, std::span(&fits[target].dual, 1), 2).front();
    for (std::size_t row = 0; row < kRows; ++row) {
      double wanted = 0;
      for (const HeldOut& fold : folds_)
        wanted += plain(target, {fold.left_out}, fits[target].strength)(scaled_[row]) /
                  static_cast<double>(folds_.size());
      const double answer =
          std::inner_product(raw_[row].begin(), raw_[row].end(), linear.weights.begin(), linear.offset);
      EXPECT_NEAR(answer + fits[target].offset, wanted, 1e-4);
    }
  }
}

TEST_F(RidgeTest, TakesTheStrengthThatErrsLeastOnTheFolds) {
  const LevelKernel level(halves_);
  const std::vector<RidgeFit> fits = fit_ridge(level.kernel, targets_, folds_, strengths_, 2);
  const std::vector<double> own = choose_strengths(level.kernel, targets_, folds_, strengths_, 2);
  std::vector<std::vector<double>> all_errors(strengths_.size());
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    std::vector<double> errors;
    for (const double strength : strengths_) {
      double& error = errors.emplace_back(0);
      for (const HeldOut& fold : folds_) {
        const PlainModel model = plain(target, {fold.left_out}, strength);
        for (const std::size_t row : fold.scored)
          error += std::pow(model(scaled_[row]) - targets_[target][row], 2) / kRows;
      }
      all_errors[errors.size() - 1].push_back(error);
      if (strength == fits[target].strength) {
        EXPECT_NEAR(fits[target].error, error, 1e-5);
      }
    }
    const auto best = std::ranges::min_element(errors);
    EXPECT_EQ(own[target], strengths_[static_cast<std::size_t>(best - errors.begin())]);
  }
  for (const RidgeFit& fit : fits) EXPECT_EQ(fit.strength, strengths_[best_strength(all_errors)]);
}

TEST_F(RidgeTest, UnseenAnswersAreOfModelsWithoutTheFoldAndAnotherOne) {
  const std::vector<RidgeFit> fits = fit_ridge(LevelKernel(halves_).kernel, targets_, folds_, strengths_, 2);
  for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
    for (const std::size_t row : folds_[fold].scored) {
      double wanted = 0;
      for (std::size_t other = 0; other < folds_.size(); ++other) {
        if (other == fold) continue;
        const PlainModel model = plain(1, {folds_[fold].left_out, folds_[other].left_out}, fits[1].strength);
        wanted += model(scaled_[row]) / static_cast<double>(folds_.size() - 1);
      }
      EXPECT_NEAR(fits[1].unseen[row], wanted, 1e-4) << "row " << row;
    }
  }
}

// A stretch full of events lowers what its model expects elsewhere. That must not show in its answers: those
// of useless features would be lower where there are more events, and those of good ones could not be
// compared between stretches.
TEST_F(RidgeTest, UnseenAnswersDoNotTellHowManyEventsAFoldHas) {
  std::vector<std::vector<double>> clustered{std::vector<double>(kRows, -1)};
  for (const std::size_t row : folds_[1].scored) clustered[0][row] = 1;
  const RidgeFit fit = fit_ridge(Matrix(kRows, kRows), clustered, folds_, strengths_, 2).front();
  EXPECT_NEAR(fit.offset, mean_of(clustered[0]), 1e-9);
  for (const double answer : fit.unseen) EXPECT_NEAR(answer, fit.offset, 1e-9);
}

TEST_F(RidgeTest, OfOneStrengthDoesNotDependOnOtherTargets) {
  const Matrix kernel = LevelKernel(halves_).kernel;
  const std::vector<double> strength{1};
  const std::vector<RidgeFit> all = fit_ridge(kernel, targets_, folds_, strength, 2);
  const std::vector<RidgeFit> alone = fit_ridge(kernel, std::span(targets_).subspan(1), folds_, strength, 2);
  EXPECT_EQ(alone[0].dual, all[1].dual);
  EXPECT_EQ(alone[0].unseen, all[1].unseen);
}

// The same penalty on features or on rows gives the same function.
TEST_F(RidgeTest, OnFeaturesIsTheSameAsOnRows) {
  const LevelKernel level(halves_);
  const std::vector<LevelRows> levels{{halves_, level.features}};
  const auto wanted = fit_ridge(level.kernel, targets_, folds_, strengths_, 2);
  const auto fits = fit_primal_ridge(levels, targets_, folds_, strengths_, 2);
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    const LinearWeights linear =
        linear_weights(halves_, level.features, std::span(&wanted[target].dual, 1), 2).front();
    EXPECT_EQ(fits[target].strength, wanted[target].strength);
    EXPECT_NEAR(fits[target].error, wanted[target].error, 1e-4);
    EXPECT_NEAR(fits[target].offset, wanted[target].offset, 1e-8);  // features are summed in f32
    EXPECT_NEAR(fits[target].levels[0].offset, linear.offset, 1e-3);
    EXPECT_THAT(fits[target].levels[0].weights,
                testing::Pointwise(testing::FloatNear(1e-4F), linear.weights));
  }
}

TEST_F(RidgeTest, ModelsWithoutSetsDidNotLearnFromThem) {
  const LevelKernel level(halves_);
  const std::vector<LevelRows> levels{{halves_, level.features}};
  const auto models =
      models_without(level.kernel, targets_, left_out_sets(folds_), penalty_of(1, kRows, folds_));
  const auto on_features = primal_fold_models(levels, targets_, folds_, 1, 2);
  for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
    const PlainModel wanted = plain(1, {folds_[fold].left_out}, 1);
    const LinearWeights dual =
        linear_weights(halves_, level.features, std::span(&models[1][fold].dual, 1), 2).front();
    const LinearWeights& primal = on_features[1][fold].levels.front();
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto answer = [&](const LinearWeights& weights, double offset) {
        return std::inner_product(raw_[row].begin(), raw_[row].end(), weights.weights.begin(),
                                  weights.offset + offset);
      };
      EXPECT_NEAR(answer(dual, models[1][fold].offset), wanted(scaled_[row]), 1e-3);
      EXPECT_NEAR(answer(primal, on_features[1][fold].offset), wanted(scaled_[row]), 1e-3);
    }
  }
}

// With two folds, the model without both would have nothing to learn from.
TEST_F(RidgeTest, OfTwoFoldsOneIsLeftOut) {
  const std::vector<HeldOut> two = folds_in_time(kRows, 2, 2);
  EXPECT_EQ(left_out_by(two[0], two[1], kRows), two[0].left_out);
}

TEST_F(RidgeTest, OneStrengthForAllIsThatOfTheLeastSum) {
  EXPECT_EQ(best_strength({{1, 5}, {2, 1}, {3, 3}}), 1U);
}

TEST(StratifiedFolds, ShareOutEachClass) {
  std::vector<int> labels;
  for (int i = 0; i < 50; ++i) labels.push_back(i % 10 == 0 ? 1 : 0);
  const auto folds = stratified_folds(labels, 2, 5, 3);
  ASSERT_EQ(folds.size(), 5U);
  std::vector<std::size_t> all;
  for (const HeldOut& fold : folds) {
    EXPECT_EQ(fold.scored.size(), 10U);
    EXPECT_EQ(std::ranges::count_if(fold.scored, [&](std::size_t row) { return labels[row] == 1; }), 1);
    EXPECT_EQ(fold.left_out, fold.scored);
    all.insert(all.end(), fold.scored.begin(), fold.scored.end());
  }
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::unique(all).begin(), all.end());
  EXPECT_EQ(all.size(), 50U);
  EXPECT_NE(stratified_folds(labels, 2, 5, 4)[0].scored, folds[0].scored);
  EXPECT_EQ(stratified_folds(std::vector<int>{0, 1}, 2, 5, 1).size(), 2U);
}

TEST(StratifiedFolds, KeepOccasionsTogether) {
  std::vector<int> labels;
  std::vector<std::string> occasions;
  for (int i = 0; i < 60; ++i) {
    labels.push_back(i % 2);
    occasions.push_back(i < 40 ? std::string(1, static_cast<char>('a' + i / 4)) : "");
  }
  const auto folds = stratified_folds(labels, 2, 5, 3, occasions);
  ASSERT_EQ(folds.size(), 5U);
  std::vector<std::size_t> fold_of(60, 99);
  for (std::size_t fold = 0; fold < 5; ++fold)
    for (const std::size_t row : folds[fold].scored) fold_of[row] = fold;
  for (std::size_t row = 0; row < 40; ++row) EXPECT_EQ(fold_of[row], fold_of[row / 4 * 4]) << "row " << row;
  for (std::size_t row = 40; row < 60; ++row) EXPECT_LT(fold_of[row], 5U);
  EXPECT_EQ(stratified_folds(labels, 2, 5, 3, std::vector<std::string>(60))[0].scored,
            stratified_folds(labels, 2, 5, 3)[0].scored);
  EXPECT_ERROR(usage, stratified_folds(labels, 2, 5, 3, std::vector<std::string>(60, "a")),
               "of one occasion");
}

TEST_F(RidgeTest, KnowsNothingWhereAllRowsAreAlike) {
  HalfRows alike(kRows, 3, std::size_t{1} << 30, "");
  for (std::size_t row = 0; row < kRows; ++row) alike.write(row, std::vector<float>{1, 2, 3});
  const LevelKernel level(alike);
  const RidgeFit fit = fit_ridge(level.kernel, targets_, folds_, strengths_, 2).front();
  for (const LinearWeights& linear : linear_weights(alike, level.features, std::span(&fit.dual, 1), 2))
    EXPECT_THAT(linear.weights, testing::Each(0));
}

TEST(FoldsInTime, LeaveAGuardAtBothSides) {
  const std::vector<HeldOut> folds = folds_in_time(50, 4, 3);
  std::vector<std::size_t> all;
  for (const HeldOut& fold : folds) {
    all.insert(all.end(), fold.scored.begin(), fold.scored.end());
    const std::size_t first = fold.scored.front(), last = fold.scored.back();
    EXPECT_EQ(fold.left_out.front(), first < 3 ? 0 : first - 3);
    EXPECT_EQ(fold.left_out.back(), std::min<std::size_t>(49, last + 3));
    EXPECT_EQ(fold.left_out.size(), fold.left_out.back() - fold.left_out.front() + 1);
  }
  std::vector<std::size_t> wanted(50);
  std::iota(wanted.begin(), wanted.end(), 0U);
  EXPECT_EQ(all, wanted);
}

TEST(FoldsInTime, RefuseTooFewFrames) {
  EXPECT_ERROR(usage, folds_in_time(31, 8, 0), "31 frames are too few for 8 folds");
  EXPECT_ERROR(usage, folds_in_time(40, 2, 20), "40 frames are too few");
  EXPECT_EQ(folds_in_time(32, 8, 0).size(), 8U);
}

}  // namespace
}  // namespace mainstream
