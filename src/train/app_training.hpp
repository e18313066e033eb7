// All candidates of one or several apps that share their pictures.
#pragma once

#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/trainer.hpp"
#include "train/candidate_training.hpp"
#include "train/features.hpp"
#include "train/split.hpp"
#include "train/work_folder.hpp"

namespace mainstream {

struct AppData {
  AppTarget target;
  std::vector<int> labels;  // per row of the inputs
  int classes = 2;
  Split split;
  std::string data;  // says which data this is, for the work folder
};

// What all of one training have in common.
struct SharedData {
  const Base& base;
  const InputStore& inputs;
  const std::vector<Branchpoint>& branchpoints;  // from the most frozen to the least
  const TrainOptions& options;
};

struct TrainedApp {
  std::vector<KeptCandidate> candidates;  // one per branchpoint
  CandidatePlan plan;                     // of all but the first
  WorkFolder work;
};

// Trains what the work folders do not have yet; branchpoint after branchpoint, apps side by side.
[[nodiscard]] std::vector<TrainedApp> train_apps(const SharedData& shared, const std::vector<AppData>& apps);

// OUTPUT.work beside the package.
[[nodiscard]] std::filesystem::path work_path(const AppTarget& target);

}  // namespace mainstream
