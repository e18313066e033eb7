// Trains a student on stored views and features, with checkpoints.
#pragma once

#include <stop_token>

#include "distill/hints.hpp"
#include "distill/view_store.hpp"
#include "mainstream/distill.hpp"

namespace mainstream {

struct TrainedStudent {
  Graph graph;  // with batch normalisation nodes
  double held_out_loss = 0;
};

// `student` from its input to its features, with new weights. Returns nothing when stopped before the last
// epoch's end. Resumes from the checkpoint in options.work if it was made under the same `key`.
[[nodiscard]] std::optional<TrainedStudent> train_student(const Graph& student, const InputSpec& input,
                                                          const std::vector<Hint>& hints,
                                                          const ViewStore& store, const std::string& key,
                                                          const DistillOptions& options,
                                                          const std::stop_token& stop);

}  // namespace mainstream
