// evaluate_on_clip: the stem once per frame, then every candidate.
#include <fmt/format.h>

#include <algorithm>

#include "event/event_score.hpp"
#include "event/frame_score.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "mainstream/trainer.hpp"
#include "train/clip_candidate.hpp"
#include "train/data/clip_reader.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

// One candidate with its answers so far.
struct Judged {
  const Manifest& manifest;
  const Candidate& candidate;
  std::vector<std::size_t> positive;  // classes
  Tail tail;
  Recording recording;
};

bool reads(const Candidate& candidate, const std::string& tensor) {
  return std::ranges::find(candidate.reads, tensor) != candidate.reads.end();
}

// Each tensor that some candidate reads, once, in the base's order.
std::vector<std::string> tensors_read(const Base& base, std::span<const MPackage> packages) {
  std::vector<std::string> tensors;
  for (const Branchpoint& point : base.branchpoints) {
    const bool used = std::ranges::any_of(packages, [&](const MPackage& package) {
      return std::ranges::any_of(package.manifest().candidates,
                                 [&](const Candidate& one) { return reads(one, point.tensor); });
    });
    if (used) tensors.push_back(point.tensor);
  }
  return tensors;
}

// F1 of events at the full rate with one vote.
std::optional<double> f1_at(const Recording& recording, float threshold, double merge_gap_s) {
  return sum(replay_cells(recording, {threshold, 1, merge_gap_s}, recording.fps)).f1();
}

// The best F1 over about two hundred thresholds, evenly spaced among the sorted scores.
std::optional<double> best_f1(const Recording& recording, double merge_gap_s) {
  std::vector<float> scores = recording.scores;
  std::ranges::sort(scores);
  const std::size_t step = 1 + scores.size() / 200;
  std::optional<double> best;
  for (std::size_t i = 0; i < scores.size(); i += step) {
    const auto f1 = f1_at(recording, scores[i], merge_gap_s);
    if (!best || f1 > best) best = f1;
  }
  return best;
}

// All candidates on one stem.
class Evaluation {
 public:
  Evaluation(const Base& base, std::span<const MPackage> packages, const EvaluationOptions& options)
      : engine_(EngineOptions{.threads = options.threads}),
        stem_(engine_, base.graph, tensors_read(base, packages)) {
    for (const MPackage& package : packages) {
      package.verify(base);
      for (const Candidate& candidate : package.manifest().candidates) {
        judged_.push_back({package.manifest(), candidate, positive_classes(package.manifest()),
                           Tail(stem_, package.graph(candidate)), Recording{}});
      }
    }
  }

  void add(std::span<const float> input, std::int64_t frame, const Labels& labels) {
    stem_.load(input);
    stem_.run_to(stem_.branchpoints().size() - 1);
    for (Judged& judged : judged_) {
      judged.recording.scores.push_back(event_score(judged.tail.run(), judged.positive));
      judged.recording.truth.push_back(labels.of(judged.manifest.app)[static_cast<std::size_t>(frame)]);
    }
  }

  // Apps in the given order, candidates as in the package.
  [[nodiscard]] std::vector<CandidateEvaluation> finish(double fps) {
    std::vector<CandidateEvaluation> results;
    for (Judged& judged : judged_) {
      judged.recording.fps = fps;
      results.push_back(describe(judged));
    }
    return results;
  }

 private:
  static CandidateEvaluation describe(const Judged& judged) {
    const Recording& recording = judged.recording;
    const Candidate& candidate = judged.candidate;
    const double gap_s = judged.manifest.event.merge_gap_ms / 1000;
    const ErrorRates rates = error_rates(recording.scores, recording.truth, candidate.threshold);
    return {.app = judged.manifest.app,
            .candidate = candidate.id,
            .branchpoint = candidate.branchpoint,
            .frozen_fraction = candidate.frozen_fraction,
            .area_under_roc = area_under_roc(recording.scores, recording.truth),
            .tpr = rates.tpr,
            .fpr = rates.fpr,
            .f1 = f1_at(recording, candidate.threshold, gap_s),
            .best_f1 = best_f1(recording, gap_s),
            .measured = measured_quality(recording, candidate.threshold, gap_s),
            .promised = candidate};
  }

  Engine engine_;
  Stem stem_;
  std::vector<Judged> judged_;
};

}  // namespace

std::vector<CandidateEvaluation> evaluate_on_clip(const Base& base, std::span<const MPackage> packages,
                                                  const ClipData& data, const EvaluationOptions& options) {
  const Labels labels = read_labels(data.labels);
  for (const MPackage& package : packages) (void)labels.of(package.manifest().app);
  const std::vector<FrameRange> parts = clip_parts(data, labels);
  const FrameRange range{parts.front().first, parts.back().last};
  VideoReader video(data.video, options.stop);
  const double fps = clip_fps(data, video.info());
  Evaluation evaluation(base, packages, options);
  InputScaler scaler(base.input);
  std::vector<float> input(scaler.size());
  std::int64_t frames = 0;
  while (const auto frame = video.next()) {
    throw_if(options.stop);
    frames = frame->index + 1;
    if (frame->index > range.last) break;
    if (!is_within(parts, frame->index)) continue;
    scaler.scale(frame->picture, input);
    evaluation.add(input, frame->index, labels);
    if (options.report) {
      options.report({"evaluating",
                      static_cast<std::uint64_t>(frames - range.first),
                      static_cast<std::uint64_t>(range.last - range.first + 1),
                      {}});
    }
  }
  throw_if(options.stop);
  if (frames <= range.last) {
    throw Error(ErrorKind::untrusted, fmt::format("{} has {} frames, {} has labels for {}", data.video,
                                                  frames, data.labels.string(), labels.frames));
  }
  return evaluation.finish(fps);
}

}  // namespace mainstream
