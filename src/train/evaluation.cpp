// evaluate_on_clip: the stem once per frame, then every candidate's tail.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "event/event_score.hpp"
#include "event/frame_score.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "mainstream/trainer.hpp"
#include "train/clip_reader.hpp"
#include "train/event_rule.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

// One candidate with what it said so far.
struct Runner {
  const Manifest& manifest;
  const Candidate& candidate;
  std::vector<std::size_t> positive;  // classes
  std::unique_ptr<Tail> tail;
  Judged answers;
};

// All candidates behind one stem.
class Evaluation {
 public:
  Evaluation(const Base& base, std::span<const MPackage> packages, const EvaluationOptions& options)
      : engine_(EngineOptions{.threads = options.threads}) {
    std::vector<std::string> tensors;
    for (const Branchpoint& point : base.branchpoints) {
      const bool used = std::ranges::any_of(packages, [&](const MPackage& package) {
        return std::ranges::any_of(package.manifest().candidates, [&](const Candidate& candidate) {
          return candidate.branchpoint == point.tensor;
        });
      });
      if (used) tensors.push_back(point.tensor);
    }
    stem_ = std::make_unique<Stem>(engine_, base.graph, tensors);
    runners_.resize(tensors.size());
    for (const MPackage& package : packages) {
      package.verify(base);
      for (const Candidate& candidate : package.manifest().candidates) {
        const auto at =
            static_cast<std::size_t>(std::ranges::find(tensors, candidate.branchpoint) - tensors.begin());
        runners_[at].push_back({package.manifest(),
                                candidate,
                                positive_classes(package.manifest()),
                                std::make_unique<Tail>(*stem_, package.graph(candidate)),
                                {}});
      }
    }
  }

  void add(std::span<const float> input, std::int64_t frame, const Labels& labels) {
    stem_->load(input);
    for (std::size_t point = 0; point < runners_.size(); ++point) {
      stem_->run_to(point);
      for (Runner& runner : runners_[point]) {
        runner.answers.recording.scores.push_back(event_score(runner.tail->run(), runner.positive));
        runner.answers.recording.truth.push_back(
            labels.of(runner.manifest.app)[static_cast<std::size_t>(frame)]);
      }
    }
  }

  // By app as given, candidates from the most frozen to the least.
  [[nodiscard]] std::vector<CandidateEvaluation> finish(std::span<const MPackage> packages, double fps) {
    std::vector<CandidateEvaluation> results;
    for (const MPackage& package : packages) {
      for (const Candidate& candidate : package.manifest().candidates) {
        for (std::vector<Runner>& at_point : runners_) {
          for (Runner& runner : at_point) {
            if (&runner.candidate != &candidate) continue;
            runner.answers.recording.fps = fps;
            runner.answers.threshold = candidate.threshold;
            results.push_back(describe(runner));
          }
        }
      }
    }
    return results;
  }

 private:
  static CandidateEvaluation describe(const Runner& runner) {
    const Recording& recording = runner.answers.recording;
    const ErrorRates rates = error_rates(recording.scores, recording.truth, runner.answers.threshold);
    const EventModel& event = runner.manifest.event;
    return {.app = runner.manifest.app,
            .branchpoint = runner.candidate.branchpoint,
            .frozen_fraction = runner.candidate.frozen_fraction,
            .area_under_roc = area_under_roc(recording.scores, recording.truth),
            .tpr = rates.tpr,
            .fpr = rates.fpr,
            .by_fps = quality_by_rate(runner.answers, {event.votes, event.merge_gap_ms / 1000})};
  }

  Engine engine_;
  std::unique_ptr<Stem> stem_;
  std::vector<std::vector<Runner>> runners_;  // per branchpoint of the stem
};

}  // namespace

std::vector<CandidateEvaluation> evaluate_on_clip(const Base& base, std::span<const MPackage> packages,
                                                  const ClipData& data, const EvaluationOptions& options) {
  const Labels labels = read_labels(data.labels);
  for (const MPackage& package : packages) (void)labels.of(package.manifest().app);
  const FrameRange range = clip_range(data, labels);
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
    if (frame->index < range.first) continue;
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
  return evaluation.finish(packages, fps);
}

}  // namespace mainstream
