// Features that exits read: the stem's tensors at several branchpoints, for many inputs.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "graph/exit.hpp"
#include "mainstream/base.hpp"
#include "mainstream/number_type.hpp"
#include "train/data/features.hpp"
#include "train/data/half_rows.hpp"
#include "train/exits/cell_layout.hpp"

namespace mainstream {

// Whole tensors in the order of `branchpoints`. The largest are averaged in windows of 2 x 2, 4 x 4, .. until
// those of `rows` inputs fit into `memory` bytes as 16-bit floats, or nothing is left to pool.
[[nodiscard]] std::vector<ExitLevel> whole_levels(const Base& base, std::span<const Branchpoint> branchpoints,
                                                  std::size_t rows, std::size_t memory);

// Means and maxima over all positions: two levels for each branchpoint.
[[nodiscard]] std::vector<ExitLevel> pooled_levels(const Base& base,
                                                   std::span<const Branchpoint> branchpoints);

[[nodiscard]] std::size_t feature_count(const ExitLevel& level);

// Rows are read in parallel on `threads` threads, each with its own stem.
struct LevelReading {
  NumberType stem = NumberType::f32;
  int threads = 1;
};

// Calls `use` with each place in `rows` and the features of all levels there, one pass of the stem per row.
// `use` is called from several threads, one row at a time on each; the features are valid only during the
// call. Throws failed when stopped.
void each_row(const Base& base, std::span<const ExitLevel> levels, const FeatureSource& inputs,
              std::span<const std::size_t> rows, const LevelReading& how, const std::stop_token& stop,
              const std::function<void(std::size_t place, std::span<const std::span<const float>>)>& use);

// By level the features of the inputs' `rows`, in f32; with `layouts`, one for each level, they are arranged.
// `row_done` is called from several threads.
[[nodiscard]] std::vector<std::unique_ptr<HalfRows>> read_levels(
    const Base& base, std::span<const ExitLevel> levels, std::span<const CellLayout> layouts,
    const FeatureSource& inputs, std::span<const std::size_t> rows, int threads, const std::stop_token& stop,
    const std::function<void()>& row_done);

}  // namespace mainstream
