#include "train/exits/level_features.hpp"
#include "graph/exit.hpp"
#include "graph/passes.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <numeric>

#include "core/testing.hpp"
#include "mainstream/engine.hpp"
#include "train/test_base.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kInputs = 5;

// Inputs with other values in each.
std::unique_ptr<InputStore> made_up_inputs(const Base& base) {
  auto inputs = std::make_unique<InputStore>(base.input, kInputs, std::size_t{1} << 30, "");
  std::vector<float> input(static_cast<std::size_t>(element_count(inputs->shape())));
  for (std::size_t row = 0; row < kInputs; ++row) {
    for (std::size_t i = 0; i < input.size(); ++i)
      input[i] = static_cast<float>(std::sin(static_cast<double>(i * (row + 1))));
    inputs->write(row, input);
  }
  return inputs;
}

TEST(LevelFeatures, AreTheStemsTensorsInOnePass) {
  const Base base = small_base();
  const auto inputs = made_up_inputs(base);
  const std::vector<Branchpoint> points(base.branchpoints.begin() + 1, base.branchpoints.end());
  std::vector<ExitLevel> levels = whole_levels(base, points, kInputs, std::size_t{1} << 30);
  const std::vector<ExitLevel> pooled = pooled_levels(base, points);
  levels.insert(levels.end(), pooled.begin(), pooled.end());
  const std::vector<std::size_t> rows{4, 1};
  std::atomic<int> done = 0;
  const auto features = read_levels(base, levels, {}, *inputs, rows, 2, {}, [&] { ++done; });
  EXPECT_EQ(done, 2);
  ASSERT_EQ(features.size(), levels.size());

  const Engine engine({.threads = 1});
  std::vector<float> input(static_cast<std::size_t>(element_count(inputs->shape())));
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const Graph cut = stem_of(base.graph, levels[level].tensor);
    Network stem(engine, cut), read_out(engine, feature_graph(levels[level]));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      inputs->read(rows[i], input);
      const auto tensor = stem.run(input);
      const auto wanted = read_out.run(tensor);
      std::vector<float> found(features[level]->size());
      features[level]->read(i, found);
      ASSERT_EQ(found.size(), wanted.size());
      for (std::size_t k = 0; k < found.size(); ++k)
        ASSERT_NEAR(found[k], wanted[k], 1e-3 * (1 + std::abs(wanted[k]))) << levels[level].tensor;
    }
  }
}

TEST(LevelFeatures, ArePooledUntilTheyFit) {
  const Base base = small_base();
  const std::vector<Branchpoint> points{base.branchpoints.begin() + 1, base.branchpoints.end()};
  const auto bytes = [&](const std::vector<ExitLevel>& levels) {
    std::size_t sum = 0;
    for (const ExitLevel& level : levels) sum += 2 * 10 * feature_count(level);
    return sum;
  };
  const std::size_t whole = bytes(whole_levels(base, points, 10, std::size_t{1} << 30));
  for (const std::size_t memory : {whole, whole - 1, whole / 3, whole / 20}) {
    const std::vector<ExitLevel> levels = whole_levels(base, points, 10, memory);
    EXPECT_LE(bytes(levels), memory);
    EXPECT_GT(bytes(levels), memory / 8) << "not further than needed";
    for (const ExitLevel& level : levels) EXPECT_EQ(level.pooling.window[0], level.pooling.window[1]);
  }
  for (const ExitLevel& level : whole_levels(base, points, 10, 1))
    EXPECT_EQ(pooled_shape(level)[2], 1) << "nothing is left to pool";
}

}  // namespace
}  // namespace mainstream
