// Distillation: trains a small base network for given cameras from a big public one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/event.hpp"

namespace mainstream {

struct DistillVideo {
  std::string file;
  std::optional<FrameRange> frames;  // only these
};

struct DistillOptions {
  std::vector<std::filesystem::path>
      images;  // pictures, or folders searched to any depth; no labels are needed
  std::vector<DistillVideo> videos;
  std::int64_t video_step = 5;  // takes one picture every this many frames of a video
  std::filesystem::path
      work;         // views, teacher features and checkpoints; an interrupted run resumes from there
  int views = 3;    // per picture: a crop, maybe flipped, with changed colours
  int epochs = 20;  // passes over all views; 0: the untrained student
  int batch = 16;
  double learning_rate = 1.2e-2;  // the highest; it rises over the first tenth, then falls as a cosine
  double weight_decay = 0.02;
  double held_out = 0.03;  // share of the pictures for the held-out loss
  std::uint64_t seed = 1;
  int threads = 0;             // 0: as many as this process may use
  std::string device = "cpu";  // where the student learns: "cpu", "cuda" or "cuda:1"
};

struct DistillResult {
  Base base;                               // the student, batch normalisation folded
  std::int64_t pictures = 0, skipped = 0;  // skipped: files that are not pictures
  double held_out_loss = 0;                // loss of the last epoch: 1 predicts only the mean, 0 everything
};

// Trains `student` from random weights (only its structure and input are used) so that its activations
// predict those of `teacher`: the features, and before them the last branchpoints that are two and four times
// as fine (Romero et al. 2015, "FitNets"). A linear adapter, dropped afterwards, maps each to the teacher's
// width; if sizes differ, the finer map is averaged down. The loss is the sum of the squared distances
// between adapter outputs and the teacher's activations, each channel of which is first normalised to mean 0
// and deviation 1. The first three quarters of the epochs use smaller pictures. The held-out loss is the
// share of the features' variance that is not predicted, on pictures that are not trained on. Progress goes
// to standard error. Nothing when `stop` was requested; finished work stays in `work`. Throws usage if there
// are no pictures.
[[nodiscard]] std::optional<DistillResult> distill(const Base& teacher, const Base& student,
                                                   const DistillOptions& options, std::stop_token stop = {});

}  // namespace mainstream
