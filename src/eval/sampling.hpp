// Recall over the frame rate (the paper's figure 5): replayed, and as the quality model has it.
#pragma once

#include <vector>

#include "eval/experiment.hpp"
#include "eval/tenants.hpp"

namespace mainstream {

// Event recall with one vote; a detection is a positive frame, without merging, since that is what the model
// speaks of.
struct SamplingPoint {
  double fps = 0;
  double replayed = 0;     // mean over all phases
  double model = 0;        // of the true events' lengths, with tpr and correlation as observed on the stream
  double independent = 0;  // the same for a correlation of 0
  double dependent = 0;    // for 1: an event is found by its first analysed frame or not at all
  double promised = 0;     // of the package's statistics alone
};

// At each rate of rate_grid. The recording has a true event.
[[nodiscard]] std::vector<SamplingPoint> sampling_points(const Manifest& manifest,
                                                         const AnswerQuality& promised,
                                                         const Recording& recording);

// Every app's candidates in f32; the report shows means over them.
ExperimentFiles run_sampling(const ExperimentSetup& setup, const TenantPool& pool);

}  // namespace mainstream
