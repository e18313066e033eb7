// Exits of a classifier from labelled pictures.
#pragma once

#include <span>
#include <vector>

#include "mainstream/trainer.hpp"
#include "train/features.hpp"
#include "train/picture_candidate.hpp"

namespace mainstream {

struct PictureExitData {
  const FeatureSource& inputs;
  std::vector<std::size_t> training, validation;  // rows of the inputs
  std::vector<int> labels;                        // per row of the inputs
  std::size_t classes = 2;
  std::vector<std::size_t> positive;  // classes that make an event
};

// All tried exits: for each chosen branchpoint, and for several together; on means and maxima over all
// positions. Strength, probabilities and threshold come from folds of the training pictures, the answers are
// those to the validation pictures. Throws failed when stopped.
[[nodiscard]] std::vector<PictureCandidate> train_picture_exits(const Base& base, const PictureExitData& data,
                                                                const TrainOptions& options);

}  // namespace mainstream
