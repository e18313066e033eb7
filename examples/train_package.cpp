// Trains an app from a labelled clip of a fixed camera, as `mainstream train` does:
//
//   train_package BASE.onnx CLIP LABELS.csv APP FPS OUTPUT.mpkg
//
//   box: 10 candidates from 120 frames
//   exit-14    49 % frozen   tpr 0.98 (0.93 to 1.00)   fpr 0.01 (0.00 to 0.03)
//   ..
//
// APP is a column of LABELS.csv. The package holds several candidates that differ in how much of the base they share,
// each with its measured quality; which of them runs is decided where the package is deployed.
#include <cstdio>
#include <cstdlib>

#include "mainstream/error.hpp"
#include "mainstream/trainer.hpp"

namespace {

void print(const mainstream::Manifest& manifest) {
  for (const mainstream::Candidate& candidate : manifest.candidates) {
    // The intervals hold 90 % of what frames that nobody has seen yet will show.
    std::printf("%-10s %3.0f %% frozen   tpr %.2f (%.2f to %.2f)   fpr %.2f (%.2f to %.2f)\n",
                candidate.id.c_str(), 100 * candidate.frozen_fraction, candidate.tpr, candidate.tpr_interval.low,
                candidate.tpr_interval.high, candidate.fpr, candidate.fpr_interval.low,
                candidate.fpr_interval.high);
  }
}

void train(char** argv) {
  // A base is an ONNX file that `mainstream base prepare` (or prepare_base) has made ready to be shared.
  const mainstream::Base base = mainstream::read_base(argv[1]);

  mainstream::ClipData data;
  data.video = argv[2];
  data.labels = argv[3];
  data.fps = std::atof(argv[5]);
  // Keep the last quarter of the clip for a test: training must not see it.
  const std::int64_t frames = mainstream::read_labels(data.labels).frames;
  data.frames = {{0, frames * 3 / 4 - 1}};

  mainstream::TrainOptions options;
  options.candidates = mainstream::CandidateChoice::exits;  // seconds; `all` fine-tunes tails, too: minutes
  options.report = [](const mainstream::TrainProgress& progress) {
    std::fprintf(stderr, "\r%s %llu of %llu   ", progress.stage.c_str(),
                 static_cast<unsigned long long>(progress.done),
                 static_cast<unsigned long long>(progress.total));
  };

  // Several targets share the decoded frames and the base's outputs: train all apps of a clip in one call.
  const mainstream::AppTarget target{argv[4], argv[6]};
  const auto manifests = mainstream::train_from_clip(base, data, {&target, 1}, options);
  std::fprintf(stderr, "\n");
  for (const mainstream::Manifest& manifest : manifests) print(manifest);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: train_package BASE.onnx CLIP LABELS.csv APP FPS OUTPUT.mpkg\n");
    return 2;
  }
  try {
    train(argv);
  } catch (const mainstream::Error& error) {  // the one type that all of Mainstream throws
    std::fprintf(stderr, "train_package: %s\n", error.what());
    return mainstream::exit_code(error.kind());
  }
  return 0;
}
