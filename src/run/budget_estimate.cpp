#include "run/budget_estimate.hpp"

#include <algorithm>

#include "run/feedback_constants.hpp"

namespace mainstream {

EngineLoad& EngineLoad::operator+=(const EngineLoad& other) {
  busy_ms_per_s += other.busy_ms_per_s;
  asked_fps += other.asked_fps;
  analysed_fps += other.analysed_fps;
  dropped = dropped || other.dropped;
  return *this;
}

void BudgetEstimate::observe(const EngineLoad& load, double now_s) {
  if (!calm_since_s_) calm_since_s_ = now_s;
  // Frames that are missing without a drop were never there: the camera gives less than it said.
  if (load.dropped && load.analysed_fps < feedback::kReached * load.asked_fps) {
    // The engine always had work, so its busy time is all that the machine gave.
    const double given = std::max(feedback::kMargin * load.busy_ms_per_s, feedback::kSmallestShare * first_);
    if (given < present_) present_ += feedback::kBudgetWeight * (given - present_);
    calm_since_s_ = now_s;
  } else if (now_s - *calm_since_s_ >= feedback::kProbeSeconds) {
    present_ = std::min(first_, present_ * feedback::kProbeFactor);
    calm_since_s_ = now_s;
  }
}

}  // namespace mainstream
