// Trains the tails of one or several apps that share their pictures.
//
// A tail starts from an exit (TailStart). An exit fits the pictures that it learned from too well to show its
// errors, so in training the exit of a clip's app answers by models that saw neither the picture nor the fold
// (cross-fitting). Each fold has its own model, which answers on the fold's examples; one more, which learns
// from all of them, is the tail. docs/training.md gives the reasons.
#pragma once

#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/number_type.hpp"
#include "mainstream/trainer.hpp"
#include "train/data/features.hpp"
#include "train/exits/ridge.hpp"
#include "train/recipe.hpp"
#include "train/tail_start.hpp"
#include "train/tails/tail_graph.hpp"
#include "train/tails/tail_model.hpp"
#include "train/tails/work_folder.hpp"

namespace mainstream {

// The data that all tails of one training share.
struct TailData {
  const Base& base;
  const InputStore& inputs;
  std::vector<TailRow> plain;     // each example once, as it is, in their order
  std::vector<TailRow> training;  // to learn from, changed views among them
  std::vector<HeldOut> folds;     // folds of the examples
  HeadKind head = HeadKind::average;
  recipe::TailLearning learning;  // where the options leave it open
  std::string text;               // identifies the data, for the work folder
  const TrainOptions& options;
};

struct TailApp {
  AppTarget target;
  std::vector<int> labels;  // by example
  std::size_t classes = 2;
  std::vector<TailStart> starts;  // one for each tail of this app
};

// The folder that keeps finished tails: OUTPUT.work beside the package, or options.work/APP.
[[nodiscard]] std::filesystem::path work_path(const AppTarget& target, const TrainOptions& options);

// Epochs over the training rows: as asked for, else by their number.
[[nodiscard]] int epochs_of(const TailData& data);
// The learning rate at its peak: as asked for, else the recipe's.
[[nodiscard]] double learning_rate_of(const TailData& data);
// What their convolutions learn in: bf16 on a processor that computes in it, else f32.
[[nodiscard]] NumberType number_type_of(const TailData& data);

// The tails by app and start. Tails in the work folders are not trained again. Trains one branchpoint after
// the other, apps and folds in parallel. Throws failed when stopped.
[[nodiscard]] std::vector<std::vector<TrainedTail>> train_tails(const TailData& data,
                                                                const std::vector<TailApp>& apps);

// Removes the kept tails once the packages are written, except in the folder that options.work names.
void remove_work(const std::vector<TailApp>& apps, const TrainOptions& options);

}  // namespace mainstream
