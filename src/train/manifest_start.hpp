// The fields that all manifests have, whatever their training data; and checks before training.
#pragma once

#include <map>
#include <span>
#include <string>

#include "mainstream/package.hpp"
#include "mainstream/trainer.hpp"
#include "train/tails/tail_training.hpp"

namespace mainstream {

using Hyperparameters = std::map<std::string, std::string>;

[[nodiscard]] std::string utc_now();  // as manifests have times

[[nodiscard]] Manifest start_manifest(const Base& base, const std::string& app, const TrainOptions& options);
// `focuses`: those of exits that learn where to look, which are a clip's.
[[nodiscard]] Hyperparameters exit_hyperparameters(std::size_t folds, std::span<const double> strengths,
                                                   std::span<const double> focuses = {});
[[nodiscard]] Hyperparameters tail_hyperparameters(const TailData& data);

// Throws usage: no targets, the same app or package twice.
void check_targets(std::span<const AppTarget> targets);
// Throws usage for numbers out of range.
void check_options(const TrainOptions& options);

}  // namespace mainstream
