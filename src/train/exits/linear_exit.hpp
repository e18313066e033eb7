// A linear exit during training: weights by level, and the exit that they make.
#pragma once

#include <span>
#include <vector>

#include "graph/exit.hpp"
#include "train/exits/exit_levels.hpp"
#include "train/exits/matrix_scaling.hpp"

namespace mainstream {

// Values that are linear in the features of some levels: for each value its weights by level read, and an
// offset.
struct LinearValue {
  std::vector<std::vector<float>> weights;
  double offset = 0;

  // `features` are those of all levels, `reads` tells which ones the weights belong to.
  [[nodiscard]] double of(std::span<const std::span<const float>> features, const ExitReads& reads) const;
  void scale(double by);
  void add(const LinearValue& other, double by);  // `by` times the other value
};

// The logits that a scaling makes of scores.
[[nodiscard]] std::vector<LinearValue> scaled(std::span<const LinearValue> scores,
                                              const MatrixScaling& scaling);

// The exit whose logits are these values.
[[nodiscard]] Graph exit_of(std::span<const ExitLevel> levels, const ExitReads& reads,
                            std::span<const LinearValue> values);

// Absent and present with these log odds of present.
[[nodiscard]] std::vector<LinearValue> logits_of_log_odds(const LinearValue& log_odds);

}  // namespace mainstream
