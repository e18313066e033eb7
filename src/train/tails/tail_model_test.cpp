#include "train/tails/tail_training.hpp"

#include <ATen/Context.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/testing.hpp"
#include "mainstream/engine.hpp"
#include "package/fingerprint.hpp"
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

std::vector<TailRow> rows_from(std::size_t begin, std::size_t end) {
  std::vector<TailRow> rows;
  for (std::size_t row = begin; row < end; ++row) rows.push_back({row, row});
  return rows;
}

// Mean cross-entropy of the model on the rows from 64 on, after learning from those before.
double loss_of(TailModel& model, const Squares& squares, int epochs, std::span<const float> logits = {}) {
  for (int epoch = 0; epoch < epochs; ++epoch)
    model.train(rows_from(0, 64), {squares.labels, 2, logits}, static_cast<double>(epoch) / epochs,
                static_cast<double>(epoch + 1) / epochs, {});
  model.take_average();
  const std::vector<float> answers = model.predict(rows_from(64, 96), {});
  double loss = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const std::size_t label = static_cast<std::size_t>(squares.labels[64 + i]);
    double right = answers[2 * i + label], wrong = answers[2 * i + 1 - label];
    if (!logits.empty()) {
      right += logits[2 * (64 + i) + label];
      wrong += logits[2 * (64 + i) + 1 - label];
    }
    loss += std::log1p(std::exp(wrong - right)) / 32;
  }
  return loss;
}

TEST(TailModel, RateRisesThenFallsToNothing) {
  EXPECT_DOUBLE_EQ(rate_at(0), 0);
  EXPECT_DOUBLE_EQ(rate_at(0.05), 0.5);
  EXPECT_DOUBLE_EQ(rate_at(0.1), 1);
  EXPECT_NEAR(rate_at(0.55), 0.5, 1e-12);
  EXPECT_NEAR(rate_at(1), 0, 1e-12);
}

TEST(TailModel, LearnsWhatIsInAPicture) {
  const Base base = small_base();
  const Squares squares(96);
  TailModel model(new_tail(base, base.branchpoints.front(), HeadKind::average, 2, 1), squares,
                  {.learning_rate = 1e-2}, 1);
  EXPECT_LT(loss_of(model, squares, 40), 0.4) << "0.56 where only shares of classes are known";
}

TEST(TailModel, LearnsTheSameOnAGpu) {
  if (!at::hasCUDA()) GTEST_SKIP() << "needs a libtorch and a machine with CUDA";
  const Base base = small_base();
  const Squares squares(96);
  const auto loss = [&](const char* device) {
    TailModel model(new_tail(base, base.branchpoints.front(), HeadKind::average, 2, 1), squares,
                    {.learning_rate = 1e-2, .device = device}, 1);
    return loss_of(model, squares, 40);
  };
  EXPECT_NEAR(loss("cuda"), loss("cpu"), 0.02);
}

// At a rate that is not so high that rounding alone decides when the square is found.
TEST(TailModel, LearnsTheSameInBf16) {
  if (!processor_has(NumberType::bf16)) GTEST_SKIP() << "this processor does not compute in bf16";
  const Base base = small_base();
  const Squares squares(96);
  const auto loss = [&](NumberType number_type) {
    TailModel model(new_tail(base, base.branchpoints.front(), HeadKind::average, 2, 1), squares,
                    {.learning_rate = 3e-3, .number_type = number_type}, 1);
    return loss_of(model, squares, 40);
  };
  const double exact = loss(NumberType::f32);
  EXPECT_LT(exact, 0.52) << "0.56 where only shares of classes are known";
  EXPECT_NEAR(loss(NumberType::bf16), exact, 0.005);
}

// The same square on either side: positions tell them apart at once; a global average could only learn it
// from the picture's borders.
TEST(TailModel, SpatialHeadLearnsWhereSomethingIs) {
  const Base base = small_base();
  const Squares squares(96, true);
  const auto loss = [&](HeadKind head) {
    TailModel model(new_tail(base, base.branchpoints.front(), head, 2, 1), squares, {.learning_rate = 5e-3},
                    1);
    return loss_of(model, squares, 30);
  };
  EXPECT_LT(loss(HeadKind::spatial), 0.2);
  EXPECT_GT(loss(HeadKind::average), 0.4);
}

// A tail learns nothing that the exit knows already.
TEST(TailModel, LearnsWhatTheExitMisses) {
  const Base base = small_base();
  const Squares squares(96);
  std::vector<float> knows;
  for (const int label : squares.labels) {
    const float half = label == 1 ? 4 : -4;
    knows.insert(knows.end(), {-half, half});
  }
  TailModel model(new_tail(base, base.branchpoints.front(), HeadKind::average, 2, 1), squares,
                  {.learning_rate = 3e-4}, 1);
  EXPECT_LT(loss_of(model, squares, 10, knows), 0.01);
  const std::vector<float> own = model.predict(rows_from(64, 96), {});
  EXPECT_LT(std::abs(*std::ranges::max_element(own)), 0.5);
}

TEST(TailModel, StopsWhenAsked) {
  const Base base = small_base();
  const Squares squares(16);
  TailModel model(new_tail(base, base.branchpoints.front(), HeadKind::average, 2, 1), squares, {}, 1);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_ERROR(failed, model.train(rows_from(0, 16), {squares.labels, 2, {}}, 0, 1, stop.get_token()),
               "stopped");
}

// Folds do not see what they are validated on: labels that are pure chance cannot be guessed.
TEST(TailTraining, AnswersByModelsThatDidNotSeeTheRows) {
  const Base base = small_base();
  const TestFolder folder;
  InputStore inputs(base.input, 60, std::size_t{1} << 30, folder.path());
  std::mt19937_64 random(9);
  std::vector<float> picture(3 * 32 * 32);
  TrainOptions options;
  options.epochs = 6;
  TailData data{.base = base,
                .inputs = inputs,
                .plain = rows_from(0, 60),
                .training = rows_from(0, 60),
                .folds = folds_in_time(60, 3, 0),
                .head = HeadKind::spatial,
                .learning = recipe::kClipTails,
                .text = "noise",
                .options = options};
  std::vector<TailApp> apps{{{"app", folder / "app.mpkg"}, {}, 2, {}}};
  for (std::size_t row = 0; row < 60; ++row) {
    for (float& value : picture) value = static_cast<float>(random() % 256);
    inputs.write(row, picture);
    apps[0].labels.push_back(static_cast<int>(random() % 2));
  }
  apps[0].starts.push_back({base.branchpoints[1], {}, {}, {}});
  const TrainedTail tail = train_tails(data, apps).front().front();
  ASSERT_EQ(tail.unseen.size(), 120U);
  double loss = 0;
  for (std::size_t row = 0; row < 60; ++row) {
    const std::size_t label = static_cast<std::size_t>(apps[0].labels[row]);
    loss += std::log1p(std::exp(tail.unseen[2 * row + 1 - label] - tail.unseen[2 * row + label])) / 60;
  }
  EXPECT_GT(loss, 0.6) << "about log 2: nothing can be known";
  const std::vector<std::vector<TrainedTail>> again = train_tails(data, apps);
  EXPECT_EQ(fingerprint(again.front().front().graph), fingerprint(tail.graph)) << "kept in the work folder";
  remove_work(apps, options);
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace mainstream
