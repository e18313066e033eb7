// Answers of finished tails as the engine computes them, in every number type that the base offers.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/package.hpp"
#include "train/data/features.hpp"
#include "train/stage_progress.hpp"

namespace mainstream {

struct FinishedTail {
  Branchpoint branchpoint;
  const Graph& graph;
};

// The answers of one tail.
struct TailAnswers {
  std::map<NumberTypes, std::vector<float>> logits;  // [rows x classes], stem and tail in f32 among them
  Ranges ranges;  // ranges of the tail's activations, over some of the rows; empty where no tail is in int8
};

// The logits of each tail for these rows of the inputs. The stem runs once per row and number type. Throws
// failed when stopped.
[[nodiscard]] std::vector<TailAnswers> tail_answers(const Base& base, const FeatureSource& inputs,
                                                    std::span<const std::size_t> rows,
                                                    std::span<const FinishedTail> tails,
                                                    const TrainOptions& options);

}  // namespace mainstream
