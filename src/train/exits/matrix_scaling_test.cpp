#include "train/exits/matrix_scaling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "train/recipe.hpp"
#include "train/validation/assessment.hpp"

namespace mainstream {
namespace {

struct Scored {
  std::vector<float> scores;
  std::vector<int> labels;
};

// Labels drawn from the softmax of what `truth` makes of normal scores.
Scored draw(std::size_t rows, const MatrixScaling& truth) {
  const std::size_t classes = truth.offset.size();
  std::mt19937_64 random(7);
  std::normal_distribution<float> score(0, 1);
  Scored drawn;
  for (std::size_t i = 0; i < rows * classes; ++i) drawn.scores.push_back(score(random));
  const std::vector<float> logits = truth.logits(drawn.scores);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::vector<float> shares = softmax(std::span(logits).subspan(row * classes, classes));
    drawn.labels.push_back(std::discrete_distribution<int>(shares.begin(), shares.end())(random));
  }
  return drawn;
}

MatrixScaling mixed_truth() {
  MatrixScaling truth{Matrix(3, 3), {0.5, 0, -0.5}};
  truth.weights.values = {2, 0, 0, 1, 2, -1, 0, 0, 3};
  return truth;
}

TEST(MatrixScaling, FindsWhichClassesAreTakenForWhich) {
  const MatrixScaling truth = mixed_truth();
  const Scored drawn = draw(20000, truth);
  const MatrixScaling found = fit_matrix_scaling(drawn.scores, drawn.labels, 3, 2);
  // The softmax does not know what is common to all logits: differences from the first class are compared.
  for (std::size_t to = 1; to < 3; ++to) {
    EXPECT_NEAR(found.offset[to] - found.offset[0], truth.offset[to] - truth.offset[0], 0.15) << to;
    for (std::size_t from = 0; from < 3; ++from)
      EXPECT_NEAR(found.weights(from, to) - found.weights(from, 0),
                  truth.weights(from, to) - truth.weights(from, 0), 0.15)
          << from << " to " << to;
  }
}

TEST(MatrixScaling, IsOneSlopeWhereRowsAreFew) {
  const Scored drawn = draw(6, mixed_truth());
  const MatrixScaling found = fit_matrix_scaling(drawn.scores, drawn.labels, 3, 2);
  for (std::size_t from = 0; from < 3; ++from) {
    for (std::size_t to = 0; to < 3; ++to) {
      EXPECT_NEAR(found.weights(from, to), from == to ? 2 : 0, 1) << from << " to " << to;
    }
  }
}

TEST(MatrixScaling, APictureIsScaledByWhatOthersSay) {
  Scored drawn = draw(90, mixed_truth());
  const std::vector<HeldOut> folds = stratified_folds(drawn.labels, 3, 5, 1);
  const auto logits = [&] {
    return logits_of_folds(drawn.scores, scalings_without_folds(drawn.scores, drawn.labels, 3, 2, folds),
                           folds);
  };
  const std::vector<float> before = logits();
  const std::size_t row = folds[2].scored.front();
  drawn.labels[row] = (drawn.labels[row] + 1) % 3;
  const std::vector<float> after = logits();
  for (const HeldOut& fold : folds) {
    const bool has_row = std::ranges::find(fold.scored, row) != fold.scored.end();
    for (const std::size_t scored : fold.scored)
      EXPECT_EQ(before[3 * scored] == after[3 * scored], has_row) << scored;
  }
}

TEST(MatrixScaling, IsOneSlopeForVeryManyClasses) {
  const std::size_t classes = recipe::kMostMixedClasses + 1;
  Scored all;
  for (std::size_t row = 0; row < classes; ++row) {
    all.labels.push_back(static_cast<int>(row));
    for (std::size_t i = 0; i < classes; ++i) all.scores.push_back(i == row ? 1 : -1);
  }
  const MatrixScaling found = fit_matrix_scaling(all.scores, all.labels, classes, 2);
  for (std::size_t from = 0; from < classes; ++from) {
    for (std::size_t to = 0; to < classes; ++to) ASSERT_EQ(found.weights(from, to), from == to ? 2 : 0);
  }
}

}  // namespace
}  // namespace mainstream
