// What the analysis of one stream runs until the next schedule.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "run/cadence.hpp"
#include "run/pipeline.hpp"

namespace mainstream {

struct StreamPlan {
  struct App {
    std::string candidate;  // id
    std::string branchpoint;
    double fps = 0;          // as scheduled
    int votes = 1;           // positive frames in a row that make a detection
    float threshold = 0.5F;  // a score at or above it makes a frame positive
  };
  int number = 0;         // 0, 1, .. in order of deployment
  std::vector<App> apps;  // as in the run's options
  Cadence cadence;
  std::unique_ptr<Pipeline> pipeline;
};

}  // namespace mainstream
