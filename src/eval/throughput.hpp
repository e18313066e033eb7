// Frames per second for N apps that share a base up to a branchpoint, or nothing (the paper's figure 4a),
// really run by the engine.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "eval/experiment.hpp"
#include "mainstream/base.hpp"

namespace mainstream {

struct ThroughputOptions {
  std::vector<std::size_t> apps{1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<std::size_t> streams{1, 2};  // each with its own frames, stem and apps
  std::vector<std::string> branchpoints;   // tensors of the base; none: spread_branchpoints
  int threads = 0;                         // of all streams together; 0: as many as this process may use
  int repeats = 3;
  std::chrono::milliseconds duration{1000};  // of each repeat
};

// About so many of the base's branchpoints, evenly over the multiply-adds; the features are the last.
[[nodiscard]] std::vector<std::string> spread_branchpoints(const Base& base, std::size_t count);

// One frame of every app, again and again: scaled once and the stem run once, then each app's tail from the
// branchpoint on; without sharing each app scales for itself and runs the whole base. The apps' networks are
// the base's own with weights changed by little, each its own, since the time does not depend on what they
// say. Streams share the threads and run at the same time. Throws usage for tensors that are no branchpoints.
ExperimentFiles run_throughput(const ExperimentSetup& setup, const Base& base,
                               const ThroughputOptions& options);

}  // namespace mainstream
