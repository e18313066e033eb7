// Trains the tails of one or several apps that share their pictures.
//
// A tail begins as an exit (TailStart). An exit knows the pictures that it learned from too well to show what
// it misses, so in training the exit of a clip's app answers by models that saw neither the picture nor the
// fold (cross-fitting). Each fold has a model of its own, which answers on the fold's examples; one more,
// which learns from all of them, is the tail. docs/training.md tells why.
#pragma once

#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/trainer.hpp"
#include "train/data/features.hpp"
#include "train/exits/ridge.hpp"
#include "train/tail_start.hpp"
#include "train/tails/tail_graph.hpp"
#include "train/tails/tail_model.hpp"
#include "train/tails/work_folder.hpp"

namespace mainstream {

// What all tails of one training have in common.
struct TailData {
  const Base& base;
  const InputStore& inputs;
  std::vector<TailRow> plain;     // each example once, as it is, in their order
  std::vector<TailRow> training;  // to learn from, changed views among them
  std::vector<HeldOut> folds;     // of the examples
  HeadKind head = HeadKind::average;
  double rows_shown = 0;  // to each fold's model, about, when the user does not say
  std::string text;       // says which data this is, for the work folder
  const TrainOptions& options;
};

struct TailApp {
  AppTarget target;
  std::vector<int> labels;  // by example
  std::size_t classes = 2;
  std::vector<TailStart> starts;  // of the tails that this app is to get
};

// Where finished tails are kept: OUTPUT.work beside the package, or options.work/APP.
[[nodiscard]] std::filesystem::path work_path(const AppTarget& target, const TrainOptions& options);

// Over the training rows: as asked for, else by their number.
[[nodiscard]] int epochs_of(const TailData& data);

// By app and start. What the work folders have already is not trained again; branchpoint after branchpoint,
// apps and folds side by side. Throws failed when stopped.
[[nodiscard]] std::vector<std::vector<TrainedTail>> train_tails(const TailData& data,
                                                                const std::vector<TailApp>& apps);

// Removes what the training kept, when the packages are written; what options.work names stays.
void remove_work(const std::vector<TailApp>& apps, const TrainOptions& options);

}  // namespace mainstream
