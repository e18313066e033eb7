// Compares with two plain ridge regressions for each model, the second on features scaled by cell.
#include "train/exits/focused_ridge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "train/exits/ridge_testing.hpp"
#include "train/recipe.hpp"

namespace mainstream {
namespace {

class FocusedRidgeTest : public testing::Test {
 protected:
  static constexpr std::size_t kRows = 64, kChannels = 2, kSide = 5, kSize = kChannels * kSide * kSide;

  FocusedRidgeTest()
      : layout_(ExitLevel{"t", {1, kChannels, kSide, kSide}, {}, {}}),
        halves_(kRows, kSize, std::size_t{1} << 30, "") {
    std::mt19937_64 random(3);
    std::normal_distribution<double> normal(0, 1);
    for (std::size_t row = 0; row < kRows; ++row) {
      std::vector<float> values(kSize);
      for (float& value : values) value = static_cast<float>(2 + normal(random));
      halves_.write(row, values);
      halves_.read(row, values);
      scaled_.emplace_back(values.begin(), values.end());
    }
    for (std::size_t row = 0; row < kRows; row += 2) learned_.push_back(row);
    for (const std::size_t feature : {0U, 17U}) {
      std::vector<double>& target = targets_.emplace_back();
      for (const std::vector<double>& row : scaled_)
        target.push_back(row[feature] + 0.5 * normal(random) > 2 ? 1 : -1);
    }
    scale_ = scale_of(halves_, 2);
    for (std::vector<double>& row : scaled_) {
      for (std::size_t i = 0; i < kSize; ++i) row[i] = (row[i] - scale_.mean[i]) * scale_.scale;
    }
    kernels_ = cell_kernels(halves_, scale_, layout_, learned_, 2);
  }

  [[nodiscard]] FocusedRows rows() const { return {kernels_, learned_, targets_}; }

  [[nodiscard]] double penalty(double strength, const std::vector<HeldOut>& folds) const {
    std::size_t left_out = 0;
    for (const HeldOut& fold : folds) {
      for (const std::size_t row : fold.left_out) left_out += row % 2 == 0 ? 1 : 0;
    }
    const double learned = static_cast<double>(learned_.size()) -
                           static_cast<double>(left_out) / static_cast<double>(folds.size());
    return strength * learned / 100;
  }

  // The answers of a model without these sets to all rows.
  [[nodiscard]] std::vector<double> reference(std::size_t target,
                                              const std::vector<std::vector<std::size_t>>& without,
                                              double penalty) const {
    Rows learned;
    std::vector<double> wanted;
    std::vector<std::size_t> kept;
    const std::vector<std::size_t> all_kept = rows_without(kRows, without);
    for (const std::size_t row : learned_) {
      if (std::ranges::find(all_kept, row) != all_kept.end()) kept.push_back(learned.size());
      learned.push_back(scaled_[row]);
      wanted.push_back(targets_[target][row]);
    }
    const std::vector<double> first = plain_ridge(learned, wanted, kept, penalty).weights;
    std::vector<double> factors = factors_of(first);
    double diagonal = 0;
    for (const std::vector<double>& row : learned) {
      for (std::size_t i = 0; i < kSize; ++i)
        diagonal += std::pow(row[i] * factors[i], 2) / static_cast<double>(learned.size());
    }
    for (double& factor : factors) factor /= std::sqrt(diagonal);
    const auto weighted = [&](std::vector<double> row) {
      for (std::size_t i = 0; i < kSize; ++i) row[i] *= factors[i];
      return row;
    };
    std::ranges::transform(learned, learned.begin(), weighted);
    const PlainModel model = plain_ridge(learned, wanted, kept, penalty);
    std::vector<double> answers;
    for (const std::vector<double>& row : scaled_) answers.push_back(model(weighted(row)));
    return answers;
  }

  // By feature. A 5 x 5 level has one position in each cell.
  [[nodiscard]] static std::vector<double> factors_of(const std::vector<double>& weights) {
    std::vector<double> energies(kCells, 0), factors;
    for (std::size_t i = 0; i < kSize; ++i) energies[i / kChannels] += weights[i] * weights[i];
    const double mean = std::accumulate(energies.begin(), energies.end(), 0.0) / kCells;
    for (std::size_t i = 0; i < kSize; ++i) {
      factors.push_back(std::pow(energies[i / kChannels] / mean + recipe::kLeastEnergy, kFocus / 2));
    }
    return factors;
  }

  const CellLayout layout_;
  HalfRows halves_;
  Rows scaled_;  // arranged features
  FeatureScale scale_;
  std::vector<std::size_t> learned_;
  std::vector<std::vector<double>> targets_;
  CellKernels kernels_;
  const std::vector<HeldOut> folds_ = folds_in_time(kRows, 4, 2);
  static constexpr double kFocus = 3;
  const std::vector<double> strengths_{0.01, 1, 30}, focuses_{kFocus};
};

TEST_F(FocusedRidgeTest, ModelIsTheAverageOfTheFoldsModels) {
  const std::vector<FocusedFit> fits = fit_focused_ridge(rows(), folds_, strengths_, focuses_, 2);
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    std::vector<double> wanted(kRows, 0);
    for (const HeldOut& fold : folds_) {
      const auto answers = reference(target, {fold.left_out}, penalty(fits[target].chosen.strength, folds_));
      for (std::size_t row = 0; row < kRows; ++row)
        wanted[row] += answers[row] / static_cast<double>(folds_.size());
    }
    EXPECT_THAT(answers_to_all(kernels_, fits[target].model),
                testing::Pointwise(testing::DoubleNear(1e-3), wanted));
  }
}

TEST_F(FocusedRidgeTest, WeightsOfFeaturesAreThoseOfTheModel) {
  const std::vector<FocusedFit> fits = fit_focused_ridge(rows(), folds_, strengths_, focuses_, 2);
  const LinearWeights linear =
      linear_weights_by_cell(halves_, scale_, layout_, learned_, std::span(&fits[1].model.duals, 1), 2)
          .front();
  const std::vector<double> wanted = answers_to_all(kernels_, fits[1].model);
  for (std::size_t row = 0; row < kRows; ++row) {
    std::vector<float> values(kSize);
    halves_.read(row, values);
    const double answer = std::inner_product(values.begin(), values.end(), linear.weights.begin(),
                                             linear.offset + fits[1].model.offset);
    EXPECT_NEAR(answer, wanted[row], 1e-3);
  }
}

TEST_F(FocusedRidgeTest, UnseenAnswersAreOfModelsWithoutTheFoldAndAnotherOne) {
  const FocusedFit fit = fit_focused_ridge(rows(), folds_, strengths_, focuses_, 2)[1];
  std::vector<double> wanted(kRows, 0);
  for (const HeldOut& fold : folds_) {
    for (const HeldOut& other : folds_) {
      if (&other == &fold) continue;
      const auto answers =
          reference(1, {fold.left_out, other.left_out}, penalty(fit.chosen.strength, folds_));
      for (const std::size_t row : fold.scored)
        wanted[row] += answers[row] / static_cast<double>(folds_.size() - 1);
    }
  }
  EXPECT_THAT(fit.unseen, testing::Pointwise(testing::DoubleNear(1e-3), wanted));
}

// With two folds, a model without both would have nothing to learn from.
TEST_F(FocusedRidgeTest, OfTwoFoldsOneIsLeftOut) {
  const std::vector<HeldOut> two = folds_in_time(kRows, 2, 2);
  const FocusedFit fit = fit_focused_ridge(rows(), two, strengths_, focuses_, 2)[0];
  for (const HeldOut& fold : two) {
    const auto wanted = reference(0, {fold.left_out}, penalty(fit.chosen.strength, two));
    for (const std::size_t row : fold.scored) EXPECT_NEAR(fit.unseen[row], wanted[row], 1e-3);
  }
}

TEST_F(FocusedRidgeTest, CrossedAnswersSawNeitherFold) {
  const std::vector<Regularisation> how{{1, kFocus}, {0.01, kFocus}};
  const CrossedAnswers crossed = cross_focused_ridge(rows(), folds_, how, 2);
  ASSERT_EQ(crossed.size(), targets_.size());
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    for (const HeldOut& own : folds_) {
      for (std::size_t other = 0; other < folds_.size(); ++other) {
        const auto wanted =
            reference(target, {own.left_out, folds_[other].left_out}, penalty(how[target].strength, folds_));
        for (const std::size_t row : own.scored)
          EXPECT_NEAR(crossed[target][other][row], wanted[row], 2e-3) << "row " << row;
      }
    }
  }
}

TEST_F(FocusedRidgeTest, DoesNotDependOnOtherTargets) {
  const FocusedRows alone{kernels_, learned_, std::span(targets_).subspan(1)};
  EXPECT_EQ(fit_focused_ridge(alone, folds_, strengths_, focuses_, 2)[0].unseen,
            fit_focused_ridge(rows(), folds_, strengths_, focuses_, 1)[1].unseen);
}

// The answer to the first is the sum of all cells, that to the second is in one.
TEST_F(FocusedRidgeTest, TakesTheFocusThatErrsLeastOnTheFolds) {
  for (std::size_t row = 0; row < kRows; ++row)
    targets_[0][row] = std::accumulate(scaled_[row].begin(), scaled_[row].end(), 0.0) > 0 ? 1 : -1;
  const std::vector<double> focuses{0, 4};
  const std::vector<FocusedFit> fits = fit_focused_ridge(rows(), folds_, strengths_, focuses, 2);
  EXPECT_EQ(fits[0].chosen.focus, 0);
  EXPECT_EQ(fits[1].chosen.focus, 4);
}

// Most of what the model reads is in the cell that tells the answer.
TEST_F(FocusedRidgeTest, LooksWhereTheAnswerIs) {
  const std::vector<FocusedFit> fits = fit_focused_ridge(rows(), folds_, strengths_, focuses_, 2);
  const LinearWeights linear =
      linear_weights_by_cell(halves_, scale_, layout_, learned_, std::span(&fits[1].model.duals, 1), 2)
          .front();
  double inside = 0, all = 0;
  for (std::size_t i = 0; i < kSize; ++i) {
    const double energy = std::pow(linear.weights[i], 2);
    all += energy;
    if (i / kChannels == 17 / kChannels) inside += energy;
  }
  EXPECT_GT(inside, 0.9 * all);
}

TEST_F(FocusedRidgeTest, KnowsNothingWhereAllRowsAreAlike) {
  for (std::vector<float>& cell : kernels_.cells) std::ranges::fill(cell, 0.0F);
  const FocusedFit fit = fit_focused_ridge(rows(), folds_, strengths_, focuses_, 2)[0];
  for (const double answer : fit.unseen) EXPECT_NEAR(answer, fit.model.offset, 1e-9);
}

TEST_F(FocusedRidgeTest, KernelsOfTwoLevelsAreAdded) {
  CellKernels sum;
  sum.add(kernels_);
  sum.add(kernels_);
  EXPECT_EQ(sum.learned, kernels_.learned);
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    EXPECT_EQ(sum.shares[cell], 2 * kernels_.shares[cell]);
    EXPECT_EQ(sum.cells[cell][5], 2 * kernels_.cells[cell][5]);
  }
}

}  // namespace
}  // namespace mainstream
