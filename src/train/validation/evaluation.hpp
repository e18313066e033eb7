// One candidate's answers beside its package's promises.
#pragma once

#include "mainstream/event.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {

// `recording` holds the candidate's answers in f32.
[[nodiscard]] CandidateEvaluation evaluate(const Manifest& manifest, const Candidate& candidate,
                                           const Recording& recording);

}  // namespace mainstream
