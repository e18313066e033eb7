// What exits read: the stem's tensors at several branchpoints, for many inputs.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/exit.hpp"
#include "train/features.hpp"
#include "train/half_rows.hpp"

namespace mainstream {

// Whole tensors; the largest ones averaged in windows of 2 x 2, 4 x 4, .. until those of `rows` inputs fit
// into `memory` bytes, in half precision, or nothing is left to pool. In the order of `branchpoints`.
[[nodiscard]] std::vector<ExitLevel> whole_levels(const Base& base, std::span<const Branchpoint> branchpoints,
                                                  std::size_t rows, std::size_t memory);

// Means and maxima over all positions: two levels for each branchpoint.
[[nodiscard]] std::vector<ExitLevel> pooled_levels(const Base& base,
                                                   std::span<const Branchpoint> branchpoints);

[[nodiscard]] std::size_t feature_count(const ExitLevel& level);

// Runs a stem and reads all levels of an input in one pass. One thread at a time.
class LevelReader {
 public:
  LevelReader(const Engine& engine, const Base& base, std::span<const ExitLevel> levels);

  // The features of each level; they stay valid until the next call.
  [[nodiscard]] std::vector<std::span<const float>> read(std::span<const float> input);

 private:
  struct Level {
    std::size_t branchpoint;  // of the stem
    Tail tail;
  };
  Stem stem_;
  std::vector<Level> levels_;
};

// By level the features of the inputs' `rows`: one pass of the stem per row, rows side by side on `threads`
// threads. `row_done` is called from several threads. Throws failed when stopped.
[[nodiscard]] std::vector<std::unique_ptr<HalfRows>> read_levels(const Base& base,
                                                                 std::span<const ExitLevel> levels,
                                                                 const FeatureSource& inputs,
                                                                 std::span<const std::size_t> rows,
                                                                 int threads, const std::stop_token& stop,
                                                                 const std::function<void()>& row_done);

}  // namespace mainstream
