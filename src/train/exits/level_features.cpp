#include "train/exits/level_features.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "graph/exit.hpp"
#include "mainstream/engine.hpp"
#include "train/parallel.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kHalfBytes = 2;

bool can_be_pooled(const ExitLevel& level) {
  const Shape pooled = pooled_shape(level);
  return pooled[2] * pooled[3] > 1;
}

void pool_further(ExitLevel& level) {
  level.pooling.kind = ExitPooling::Kind::average;
  for (std::int64_t& side : level.pooling.window) side *= 2;
}

// Each once, in the base's order.
std::vector<std::string> tensors_of(const Base& base, std::span<const ExitLevel> levels) {
  std::vector<std::string> tensors;
  for (const Branchpoint& point : base.branchpoints) {
    const auto reads = [&](const ExitLevel& level) { return level.tensor == point.tensor; };
    if (std::ranges::any_of(levels, reads)) tensors.push_back(point.tensor);
  }
  return tensors;
}

// A stem that yields all levels in one pass. One thread at a time.
class LevelReader {
 public:
  LevelReader(const Engine& engine, const Base& base, std::span<const ExitLevel> levels,
              NumberType number_type)
      : stem_(engine, base.graph, tensors_of(base, levels),
              std::vector<NumberType>(tensors_of(base, levels).size(), number_type),
              base.ranges_for(number_type)) {
    for (const ExitLevel& level : levels) levels_.emplace_back(stem_, feature_graph(level));
  }

  // The features of each level; they stay valid until the next call.
  [[nodiscard]] std::vector<std::span<const float>> read(std::span<const float> input) {
    stem_.load(input);
    std::vector<std::span<const float>> features;
    for (Tail& level : levels_) {
      stem_.run_to(level.branchpoint());
      features.push_back(level.run());
    }
    return features;
  }

 private:
  Stem stem_;
  std::vector<Tail> levels_;
};

}  // namespace

std::size_t feature_count(const ExitLevel& level) {
  return static_cast<std::size_t>(element_count(pooled_shape(level)));
}

std::vector<ExitLevel> whole_levels(const Base& base, std::span<const Branchpoint> branchpoints,
                                    std::size_t rows, std::size_t memory) {
  std::vector<ExitLevel> levels;
  for (const Branchpoint& point : branchpoints)
    levels.push_back({point.tensor, base.graph.shape(point.tensor), {}, {}});
  const auto bytes = [&] {
    const auto add = [](std::size_t sum, const ExitLevel& level) { return sum + feature_count(level); };
    return rows * kHalfBytes * std::accumulate(levels.begin(), levels.end(), std::size_t{0}, add);
  };
  const auto size_if_pooled_further = [](const ExitLevel& level) {
    return can_be_pooled(level) ? feature_count(level) : 0;
  };
  while (!levels.empty() && bytes() > memory) {
    const auto largest = std::ranges::max_element(levels, {}, size_if_pooled_further);
    if (!can_be_pooled(*largest)) break;
    pool_further(*largest);
  }
  return levels;
}

std::vector<ExitLevel> pooled_levels(const Base& base, std::span<const Branchpoint> branchpoints) {
  std::vector<ExitLevel> levels;
  for (const Branchpoint& point : branchpoints) {
    const Shape& shape = base.graph.shape(point.tensor);
    for (const auto kind : {ExitPooling::Kind::average, ExitPooling::Kind::max})
      levels.push_back({point.tensor, shape, {kind, {shape[2], shape[3]}}, {}});
  }
  return levels;
}

void each_row(const Base& base, std::span<const ExitLevel> levels, const FeatureSource& inputs,
              std::span<const std::size_t> rows, const LevelReading& how, const std::stop_token& stop,
              const std::function<void(std::size_t place, std::span<const std::span<const float>>)>& use) {
  const Engine engine({.threads = 1});
  const auto workers = static_cast<std::size_t>(std::max(1, how.threads));
  parallel_for(workers, how.threads, [&](std::size_t worker) {
    LevelReader reader(engine, base, levels, how.stem);
    std::vector<float> input(static_cast<std::size_t>(element_count(inputs.shape())));
    for (std::size_t place = worker; place < rows.size(); place += workers) {
      throw_if(stop);
      inputs.read(rows[place], input);
      use(place, reader.read(input));
    }
  });
}

std::vector<std::unique_ptr<HalfRows>> read_levels(const Base& base, std::span<const ExitLevel> levels,
                                                   std::span<const CellLayout> layouts,
                                                   const FeatureSource& inputs,
                                                   std::span<const std::size_t> rows, int threads,
                                                   const std::stop_token& stop,
                                                   const std::function<void()>& row_done) {
  constexpr std::size_t kAllInMemory = std::numeric_limits<std::size_t>::max();
  std::vector<std::unique_ptr<HalfRows>> features;
  for (const ExitLevel& level : levels)
    features.push_back(std::make_unique<HalfRows>(rows.size(), feature_count(level), kAllInMemory, ""));
  each_row(base, levels, inputs, rows, {NumberType::f32, threads}, stop,
           [&](std::size_t place, std::span<const std::span<const float>> values) {
             for (std::size_t level = 0; level < values.size(); ++level) {
               if (layouts.empty())
                 features[level]->write(place, values[level]);
               else
                 features[level]->write(place, layouts[level].arranged(values[level]));
             }
             row_done();
           });
  return features;
}

}  // namespace mainstream
