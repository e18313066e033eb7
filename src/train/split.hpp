// Which rows a model learns from, and by which it is judged.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mainstream {

// One model of a candidate: it never sees the pictures behind `judged` in training.
struct Fold {
  std::vector<std::size_t> training, judged;  // rows of features
};

struct Split {
  std::vector<Fold> folds;  // no row is judged twice
  std::vector<std::size_t>
      everything;  // training rows of the final model; empty: the only fold's model is it
};

// Where to cut `labels` (per frame) into `parts` stretches, each to be judged by a model trained on the
// others: the first frames of all parts but the first, ascending. Stretches are contiguous, since
// neighbouring frames are nearly the same picture; of about equal length; each with frames of both kinds
// where possible; and cut outside events where possible. Throws usage when there are fewer than four frames
// per part.
[[nodiscard]] std::vector<std::int64_t> cut_in_time(const std::vector<bool>& labels, int parts);

// For a share of each class's rows, at least one: drawn at random from `seed`. The others are for training.
[[nodiscard]] Fold random_fold(std::span<const int> labels, int classes, double judged_share,
                               std::uint64_t seed);

}  // namespace mainstream
