// Distillation: a small base network for one's own cameras from a big public one.
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
  std::int64_t video_step = 5;  // every so many frames of a video, one picture
  std::filesystem::path work;   // views, teacher features and checkpoints; a killed run goes on from there
  int views = 3;                // of each picture: a crop, maybe flipped, other colours
  int epochs = 20;              // passes over all views
  int batch = 64;
  double learning_rate = 2e-3;  // the highest; it rises over the first tenth, then falls as a cosine
  double weight_decay = 0.02;
  double held_out = 0.03;  // share of the pictures for the held-out loss
  std::uint64_t seed = 1;
  int threads = 0;  // 0: as many as this process may use
};

struct DistillResult {
  Base base;                               // the student, batch normalisation folded
  std::int64_t pictures = 0, skipped = 0;  // skipped: files that are no pictures
  double held_out_loss = 0;                // of the last epoch
};

// Trains `student` (its weights are drawn anew; only its structure and input count) so that its features
// predict those of `teacher`: a linear adapter maps one to the other's width and is thrown away. Where the
// sizes of the feature maps differ, the teacher's is averaged down. The loss is the smooth L1 distance
// between adapter output and teacher features, each channel of which is brought to mean 0 and deviation 1
// first. Progress goes to standard error. Nothing when `stop` was requested: what is done so far stays in
// `work`. Throws usage for no pictures at all.
[[nodiscard]] std::optional<DistillResult> distill(const Base& teacher, const Base& student,
                                                   const DistillOptions& options, std::stop_token stop = {});

}  // namespace mainstream
