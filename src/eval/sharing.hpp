// Accuracy over the frozen share (the paper's figures 1 and 4b): what candidates of one task lose by sharing
// more of their base.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "eval/experiment.hpp"

namespace mainstream {

struct SharingTask {
  std::string base, pictures;  // names
  // Trains where that is missing, and returns the packages whose candidates are shown: of exits, of tails.
  std::function<std::vector<std::filesystem::path>()> train;
};

// Trains all tasks, one after the other; top-1 is that of the packages, on pictures that training did not
// see.
ExperimentFiles run_sharing(const ExperimentSetup& setup, const std::vector<SharingTask>& tasks);

}  // namespace mainstream
