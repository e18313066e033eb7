// train_from_clip: binary apps from a labelled clip of a fixed camera.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/file.hpp"
#include "core/sha256.hpp"
#include "event/frame_score.hpp"
#include "mainstream/error.hpp"
#include "mainstream/trainer.hpp"
#include "train/app_training.hpp"
#include "train/assessment.hpp"
#include "train/branchpoint_choice.hpp"
#include "train/clip_reader.hpp"
#include "train/event_rule.hpp"
#include "train/manifest_start.hpp"

namespace mainstream {
namespace {

constexpr int kAbsent = 0, kPresent = 1;

// No training picture within a second of a judged one: neighbours in time are nearly the same picture.
constexpr double kGuardSeconds = 1;

void check_has_both_kinds(const std::string& app, const std::vector<bool>& labels, const FrameRange& range) {
  const auto positives = std::count(labels.begin(), labels.end(), true);
  if (positives > 0 && positives < static_cast<std::ptrdiff_t>(labels.size())) return;
  throw Error(ErrorKind::usage,
              fmt::format("app {} is {} in every frame from {} to {}; both kinds are needed to "
                          "learn from",
                          app, positives > 0 ? "present" : "absent", range.first, range.last));
}

// The app's labels of the frames of the range.
std::vector<bool> labels_in(const std::vector<bool>& labels, const FrameRange& range) {
  return {labels.begin() + range.first, labels.begin() + range.last + 1};
}

Split split_clip(const ClipRows& rows, const std::vector<bool>& labels, int folds) {
  std::vector<std::int64_t> begins = cut_in_time(labels, folds);
  begins.insert(begins.begin(), 0);
  begins.push_back(static_cast<std::int64_t>(labels.size()));
  const auto guard = static_cast<std::int64_t>(std::ceil(kGuardSeconds * rows.fps));
  Split split;
  for (std::size_t part = 0; part + 1 < begins.size(); ++part) {
    Fold& fold = split.folds.emplace_back();
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const std::int64_t frame = rows.frames[row] - rows.range.first;
      if (row < rows.scored && frame >= begins[part] && frame < begins[part + 1]) fold.judged.push_back(row);
      const bool near = frame >= begins[part] - guard && frame < begins[part + 1] + guard;
      if (rows.trains[row] && !near) fold.training.push_back(row);
    }
    if (fold.training.empty()) {
      throw Error(ErrorKind::usage,
                  fmt::format("{} frames in {} parts leave nothing to learn from; give more "
                              "frames or --folds 2",
                              labels.size(), folds));
    }
  }
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (rows.trains[row]) split.everything.push_back(row);
  }
  return split;
}

AppData app_data(const AppTarget& target, const ClipData& data, const Labels& labels, const ClipRows& rows) {
  const std::vector<bool>& all = labels.of(target.app);
  const std::vector<bool> own = labels_in(all, rows.range);
  check_has_both_kinds(target.app, own, rows.range);
  AppData app{target, {}, 2, split_clip(rows, own, data.folds), {}};
  std::string text;
  for (const std::int64_t frame : rows.frames) {
    app.labels.push_back(all[static_cast<std::size_t>(frame)] ? kPresent : kAbsent);
  }
  for (const bool label : own) text += label ? '1' : '0';
  std::error_code not_a_file;
  app.data = fmt::format("{} {} bytes, frames {}..{} at {} fps, {} folds, labels {}", data.video,
                         std::filesystem::file_size(data.video, not_a_file), rows.range.first,
                         rows.range.last, rows.fps, data.folds, sha256(text));
  return app;
}

// `probabilities`: of the judged rows, as TrainedCandidate::judged has them.
Judged judged(std::span<const float> probabilities, const AppData& app, const ClipRows& rows) {
  Judged judged;
  judged.recording.fps = rows.fps / static_cast<double>(rows.score_step);
  for (std::size_t row = 0; row < rows.scored; ++row) {
    judged.recording.scores.push_back(probabilities[row * 2 + kPresent]);
    judged.recording.truth.push_back(app.labels[row] == kPresent);
  }
  judged.threshold = choose_threshold(judged.recording.scores, judged.recording.truth);
  return judged;
}

EventModel event_model(const std::vector<bool>& labels, double fps, const std::vector<Judged>& candidates) {
  const auto frames = static_cast<std::int64_t>(labels.size());
  const auto events = static_cast<double>(runs_of(labels, 0, frames).size());
  const auto positives = static_cast<double>(std::count(labels.begin(), labels.end(), true));
  EventModel event;
  event.origin = EventModel::Origin::measured;
  event.length_ms = 1000 * positives / events / fps;
  event.frequency = positives / static_cast<double>(frames);
  double correlations = 0, known = 0;
  for (const Judged& candidate : candidates) {
    if (const auto correlation = answer_correlation(candidate.recording, candidate.threshold)) {
      correlations += *correlation;
      ++known;
    }
  }
  event.correlation = known > 0 ? correlations / known : 0;
  const RuleChoice rule = choose_rule(candidates);
  event.votes = rule.votes;
  event.merge_gap_ms = 1000 * rule.merge_gap_s;
  return event;
}

AnswerQuality quality_of(std::span<const float> probabilities, const AppData& app, const ClipRows& rows,
                         const EventModel& event) {
  const Judged answers = judged(probabilities, app, rows);
  const ErrorRates rates = error_rates(answers.recording.scores, answers.recording.truth, answers.threshold);
  AnswerQuality quality;
  quality.threshold = answers.threshold;
  quality.top1 = top1(probabilities, std::span(app.labels).first(rows.scored), app.classes);
  quality.tpr = rates.tpr;
  quality.fpr = rates.fpr;
  quality.measured = quality_by_rate(answers, {event.votes, event.merge_gap_ms / 1000});
  return quality;
}

Manifest write(const SharedData& shared, const AppData& app, const TrainedApp& trained,
               const std::vector<PrecisionAnswers>& others, const ClipRows& rows,
               const std::vector<bool>& labels) {
  std::vector<Judged> answers;
  std::vector<Graph> tails;
  for (const KeptCandidate& candidate : trained.candidates) {
    answers.push_back(judged(candidate.trained.judged, app, rows));
    tails.push_back(candidate.trained.weights.final);
  }
  Manifest manifest = start_manifest(shared, app, trained);
  manifest.classes = {"absent", "present"};
  manifest.positive = {"present"};
  manifest.event = event_model(labels, rows.fps, answers);
  manifest.hyperparameters["folds"] = std::to_string(app.split.folds.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Candidate candidate = describe_candidate(
        trained.candidates[i], shared.branchpoints[i], others[i],
        [&](const auto& answered) { return quality_of(answered, app, rows, manifest.event); });
    candidate.validation_size = static_cast<std::int64_t>(rows.scored);
    manifest.candidates.push_back(std::move(candidate));
  }
  write_package(app.target.package, manifest, tails);
  trained.work.remove();
  return MPackage::open(app.target.package).manifest();
}

}  // namespace

std::vector<Manifest> train_from_clip(const Base& base, const ClipData& data,
                                      std::span<const AppTarget> targets, const TrainOptions& asked) {
  check_targets(targets);
  check_options(asked);
  TrainOptions options = asked;
  // What a fixed camera's app asks is where something is. A few events cannot show reliably that it is not.
  if (options.head == HeadKind::automatic) options.head = HeadKind::spatial;
  const Labels labels = read_labels(data.labels);
  for (const AppTarget& target : targets) (void)labels.of(target.app);
  const std::vector<Branchpoint> branchpoints = choose_branchpoints(base, options);
  const Clip clip = read_clip(data, labels, base.input, options, work_path(targets.front()));

  std::vector<AppData> apps;
  for (const AppTarget& target : targets) apps.push_back(app_data(target, data, labels, clip.rows));
  const SharedData shared{base, *clip.inputs, branchpoints, options};
  const std::vector<TrainedApp> trained = train_apps(shared, apps);
  const auto others = judge_precisions(shared, apps, trained);
  std::vector<Manifest> manifests;
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const std::vector<bool> own = labels_in(labels.of(targets[i].app), clip.rows.range);
    manifests.push_back(write(shared, apps[i], trained[i], others[i], clip.rows, own));
  }
  return manifests;
}

}  // namespace mainstream
