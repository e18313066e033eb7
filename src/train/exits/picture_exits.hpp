// Exits of a classifier from labelled pictures.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mainstream/trainer.hpp"
#include "train/data/features.hpp"
#include "train/exits/ridge.hpp"
#include "train/picture_calibration.hpp"
#include "train/picture_candidate.hpp"
#include "train/tail_start.hpp"

namespace mainstream {

struct PictureExitData {
  const FeatureSource& inputs;
  std::vector<std::size_t> training, validation;  // rows of the inputs
  std::vector<int> labels;                        // per row of the inputs
  std::vector<std::string> occasions;             // per row of the inputs: rows of one are nearly alike
  std::size_t classes = 2;
  PictureEvents events;
};

struct PictureExits {
  std::vector<PictureCandidate> candidates;  // all candidates tried
  std::vector<HeldOut> folds;                // folds of the training rows
  std::vector<TailStart> starts;             // at the branchpoints asked for
};

// Trains an exit at each chosen branchpoint, and exits that read several together, on means and maxima over
// all positions. Strength, probabilities and threshold come from folds of the training pictures; the answers
// are for the validation pictures. `tails`: the branchpoints where tails begin. Throws failed when stopped.
[[nodiscard]] PictureExits train_picture_exits(const Base& base, const PictureExitData& data,
                                               std::span<const Branchpoint> tails,
                                               const TrainOptions& options);

}  // namespace mainstream
