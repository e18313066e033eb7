// A plan made runnable for one stream.
#pragma once

#include <memory>
#include <vector>

#include "mainstream/planning.hpp"
#include "run/cadence.hpp"
#include "run/pipeline.hpp"

namespace mainstream {

// The analysis of the stream runs it until the next one.
struct StreamPlan {
  int number = 0;                 // 0, 1, .. in order of deployment
  std::vector<Setting> settings;  // by app, as in the run's options
  Cadence cadence;
  std::unique_ptr<Pipeline> pipeline;
};

}  // namespace mainstream
