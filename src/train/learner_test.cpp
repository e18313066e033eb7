#include "train/learner.hpp"

#include <cmath>
#include <numeric>

#include "core/testing.hpp"
#include "train/candidate_training.hpp"
#include "train/head.hpp"
#include "train/test_base.hpp"

namespace mainstream {
namespace {

// Rows of network inputs for the small base: noise, and where the label is 1 a bright square on the left.
class Squares : public FeatureSource {
 public:
  explicit Squares(std::size_t count, bool on_both_sides = false)
      : shape_{1, 3, 32, 32}, labels(count), rows_(count, std::vector<float>(3 * 32 * 32)) {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<float> noise(-0.3F, 0.3F);
    for (std::size_t row = 0; row < count; ++row) {
      for (float& value : rows_[row]) value = noise(random);
      labels[row] = row % 4 == 0 ? 1 : 0;
      if (labels[row] == 1) draw(row, 4);
      if (labels[row] == 0 && on_both_sides) draw(row, 20);
    }
  }
  [[nodiscard]] std::size_t rows() const override { return rows_.size(); }
  [[nodiscard]] const Shape& shape() const override { return shape_; }
  void read(std::size_t row, std::span<float> out) const override {
    std::ranges::copy(rows_[row], out.begin());
  }

 private:
  void draw(std::size_t row, std::size_t left) {
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t y = 10; y < 18; ++y) {
        for (std::size_t x = left; x < left + 8; ++x) rows_[row][(c * 32 + y) * 32 + x] = 1;
      }
    }
  }
  const Shape shape_;

 public:
  std::vector<int> labels;

 private:
  std::vector<std::vector<float>> rows_;
};

std::vector<std::size_t> rows_from(std::size_t begin, std::size_t end) {
  std::vector<std::size_t> rows(end - begin);
  std::iota(rows.begin(), rows.end(), begin);
  return rows;
}

TEST(Learner, WeighsClassesAlike) {
  const std::vector<int> labels = {0, 0, 0, 1, 2};
  const std::vector<float> weights = class_weights(rows_from(0, 4), labels, 3);
  EXPECT_FLOAT_EQ(weights[0], 4.0F / 9);
  EXPECT_FLOAT_EQ(weights[1], 4.0F / 3);
  EXPECT_FLOAT_EQ(weights[2], 0);
  const std::vector<float> probabilities = {0.5F, 0.5F, 0.25F, 0.75F};
  EXPECT_NEAR(weighted_loss(probabilities, std::vector<std::size_t>{0, 3}, labels, std::vector<float>{1, 3}),
              (std::log(2.0) + 3 * std::log(4.0 / 3)) / 4, 1e-6);
}

TEST(Learner, RateRisesThenFallsToNothing) {
  EXPECT_DOUBLE_EQ(rate_at(0), 0);
  EXPECT_DOUBLE_EQ(rate_at(0.05), 0.5);
  EXPECT_DOUBLE_EQ(rate_at(0.1), 1);
  EXPECT_NEAR(rate_at(0.55), 0.5, 1e-12);
  EXPECT_NEAR(rate_at(1), 0, 1e-12);
}

TEST(Learner, LearnsWhatIsInAPicture) {
  const Base base = small_base();
  const Squares squares(96);
  Learner learner(new_tail(base, base.branchpoints.front(), HeadKind::average, 2, 1), squares, squares.labels,
                  2, {.learning_rate = 5e-3}, 1);
  const std::vector<std::size_t> training = rows_from(0, 64), judged = rows_from(64, 96);
  const std::vector<float> weights = class_weights(training, squares.labels, 2);
  for (int epoch = 0; epoch < 40; ++epoch) {
    learner.train(training, weights, epoch / 40.0, (epoch + 1) / 40.0, {});
  }
  EXPECT_LT(weighted_loss(learner.predict(judged, {}), judged, squares.labels, weights), 0.2);
}

// The same square on either side: positions tell them apart at once; a global average could only learn it
// from the picture's borders.
TEST(Learner, SpatialHeadLearnsWhereSomethingIs) {
  const Base base = small_base();
  const Squares squares(96, true);
  const std::vector<std::size_t> training = rows_from(0, 64), judged = rows_from(64, 96);
  const std::vector<float> weights = class_weights(training, squares.labels, 2);
  const auto loss = [&](HeadKind head) {
    Learner learner(new_tail(base, base.branchpoints.front(), head, 2, 1), squares, squares.labels, 2, {}, 1);
    for (int epoch = 0; epoch < 30; ++epoch) {
      learner.train(training, weights, epoch / 30.0, (epoch + 1) / 30.0, {});
    }
    return weighted_loss(learner.predict(judged, {}), judged, squares.labels, weights);
  };
  EXPECT_LT(loss(HeadKind::spatial), 0.1);
  EXPECT_GT(loss(HeadKind::average), 0.4);
}

TEST(Learner, StopsWhenAsked) {
  const Base base = small_base();
  const Squares squares(16);
  Learner learner(new_tail(base, base.branchpoints.front(), HeadKind::average, 2, 1), squares, squares.labels,
                  2, {}, 1);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_ERROR(failed, learner.train(rows_from(0, 16), std::vector<float>{1, 1}, 0, 1, stop.get_token()),
               "stopped");
}

// Folds do not see what they are judged on: labels that are pure chance cannot be guessed.
TEST(CandidateTraining, JudgesByModelsThatDidNotSeeTheRows) {
  const Base base = small_base();
  Squares squares(60);
  std::mt19937_64 random(9);
  for (int& label : squares.labels) label = static_cast<int>(random() % 2);
  Split split;
  for (std::size_t part = 0; part < 3; ++part) {
    Fold& fold = split.folds.emplace_back();
    for (std::size_t row = 0; row < 60; ++row)
      (row / 20 == part ? fold.judged : fold.training).push_back(row);
  }
  split.everything = rows_from(0, 60);
  CandidatePlan plan{.learner = {}, .epochs = 10, .patience = 10, .seed = 4};
  int epochs = 0;
  const TrainedCandidate trained =
      train_candidate(new_tail(base, base.branchpoints.front(), HeadKind::spatial, 2, 1), std::nullopt,
                      {squares, squares.labels, 2, split}, plan, {}, [&](double) { ++epochs; });
  EXPECT_EQ(trained.judged.size(), 120U);
  EXPECT_EQ(trained.weights.folds.size(), 3U);
  EXPECT_GT(trained.loss, 0.6);  // about log 2: nothing can be known
  EXPECT_EQ(epochs, 10);
}

TEST(CandidateTraining, EndsWhenTheValidationLossDoesNotFall) {
  const Base base = small_base();
  Squares squares(40);
  for (std::size_t row = 20; row < 40; ++row) squares.labels[row] = 1 - squares.labels[row];
  const Split split{{{rows_from(0, 20), rows_from(20, 40)}}, {}};
  int epochs = 0;
  const TrainedCandidate trained =
      train_candidate(new_tail(base, base.branchpoints.front(), HeadKind::average, 2, 1), std::nullopt,
                      {squares, squares.labels, 2, split},
                      {.learner = {}, .epochs = 50, .patience = 3, .seed = 4}, {}, [&](double) { ++epochs; });
  EXPECT_LT(epochs, 20);
  EXPECT_LE(trained.epochs, epochs - 3);
}

}  // namespace
}  // namespace mainstream
