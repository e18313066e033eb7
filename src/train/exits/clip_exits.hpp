// Exits of several apps from one labelled clip.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "train/clip_candidate.hpp"
#include "train/data/clip_reader.hpp"
#include "train/exits/ridge.hpp"
#include "train/tail_start.hpp"

namespace mainstream {

struct ClipExitApp {
  std::string app;
  std::vector<bool> truth;  // one for each plain row of the inputs (ClipRows::scored)
};

struct ClipExits {
  std::vector<std::size_t> examples;  // plain rows of the inputs that exits answer
  double fps = 0;                     // frame rate of the examples
  std::vector<HeldOut> tail_folds;    // folds of the examples

  struct App {
    std::vector<ClipCandidate> candidates;  // all candidates tried
    std::vector<TailStart> starts;          // at the branchpoints asked for
  };
  std::vector<App> apps;
};

// Trains for each app an exit at each chosen branchpoint, and exits that read several together. Answers are
// by models that have not seen the frame; in other number types they are shifted by as much as the shipped
// exit's answers are. `tails`: the branchpoints where tails begin; all but the base's input are among
// choose_exit_branchpoints. Throws usage for too few frames, failed when stopped.
[[nodiscard]] ClipExits train_clip_exits(const Base& base, const Clip& clip,
                                         std::span<const ClipExitApp> apps,
                                         std::span<const Branchpoint> tails, const TrainOptions& options);

}  // namespace mainstream
