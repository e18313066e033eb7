// What manifests have in common, whatever the candidates were trained on; and checks before training.
#pragma once

#include <functional>
#include <span>

#include "mainstream/package.hpp"
#include "train/app_training.hpp"
#include "train/precision_judging.hpp"

namespace mainstream {

[[nodiscard]] Manifest start_manifest(const SharedData& shared, const AppData& app,
                                      const TrainedApp& trained);
// With what `quality` makes of the judged answers in f32 and in each of the other precisions. On how many it
// rests is left to the caller.
[[nodiscard]] Candidate describe_candidate(
    const KeptCandidate& kept, const Branchpoint& branchpoint, const PrecisionAnswers& others,
    const std::function<AnswerQuality(std::span<const float> judged)>& quality);

// Throws usage: no targets, the same app or package twice.
void check_targets(std::span<const AppTarget> targets);
// Throws usage for numbers out of range.
void check_options(const TrainOptions& options);

}  // namespace mainstream
