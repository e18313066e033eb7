// What manifests have in common, whatever the candidates were trained on; and checks before training.
#pragma once

#include <span>

#include "mainstream/package.hpp"
#include "train/app_training.hpp"

namespace mainstream {

[[nodiscard]] Manifest start_manifest(const SharedData& shared, const AppData& app,
                                      const TrainedApp& trained);
[[nodiscard]] Candidate start_candidate(const KeptCandidate& kept, const Branchpoint& branchpoint);

// Throws usage: no targets, the same app or package twice.
void check_targets(std::span<const AppTarget> targets);
// Throws usage for numbers out of range.
void check_options(const TrainOptions& options);

}  // namespace mainstream
