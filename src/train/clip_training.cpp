// train_from_clip: binary apps from a labelled clip of a fixed camera.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/sha256.hpp"
#include "event/frame_parts.hpp"
#include "event/frame_score.hpp"
#include "mainstream/error.hpp"
#include "mainstream/trainer.hpp"
#include "train/app_training.hpp"
#include "train/branchpoint_choice.hpp"
#include "train/candidate_place.hpp"
#include "train/clip_candidate.hpp"
#include "train/clip_reader.hpp"
#include "train/exits/clip_exits.hpp"
#include "train/exits/exit_levels.hpp"
#include "train/exits/recipe.hpp"
#include "train/manifest_start.hpp"
#include "train/precision_judging.hpp"

namespace mainstream {
namespace {

constexpr int kAbsent = 0, kPresent = 1;

// No training picture within a second of a judged one: neighbours in time are nearly the same picture.
constexpr double kGuardSeconds = 1;

void check_has_both_kinds(const std::string& app, const std::vector<bool>& labels,
                          const std::vector<FrameRange>& parts) {
  const auto positives = std::count(labels.begin(), labels.end(), true);
  if (positives > 0 && positives < static_cast<std::ptrdiff_t>(labels.size())) return;
  throw Error(ErrorKind::usage,
              fmt::format("app {} is {} in every frame of {}; both kinds are needed to learn from", app,
                          positives > 0 ? "present" : "absent", to_string(parts)));
}

// The app's labels of the frames of the parts.
std::vector<bool> labels_in(const std::vector<bool>& labels, const std::vector<FrameRange>& parts) {
  std::vector<bool> own;
  for (const FrameRange& part : parts) {
    own.insert(own.end(), labels.begin() + part.first, labels.begin() + part.last + 1);
  }
  return own;
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
      const std::int64_t frame = rows.places[row];
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
  const std::vector<bool> own = labels_in(all, rows.parts);
  check_has_both_kinds(target.app, own, rows.parts);
  AppData app{target, {}, 2, {}, {}};
  std::string text;
  for (const std::int64_t frame : rows.frames) {
    app.labels.push_back(all[static_cast<std::size_t>(frame)] ? kPresent : kAbsent);
  }
  for (const bool label : own) text += label ? '1' : '0';
  std::error_code not_a_file;
  app.data = fmt::format("{} {} bytes, frames {} at {} fps, {} folds, labels {}", data.video,
                         std::filesystem::file_size(data.video, not_a_file), to_string(rows.parts), rows.fps,
                         data.folds, sha256(text));
  return app;
}

std::vector<ClipExitApp> exit_apps(const std::vector<AppData>& apps, const ClipRows& rows) {
  std::vector<ClipExitApp> exits;
  for (const AppData& app : apps) {
    ClipExitApp& exit = exits.emplace_back(ClipExitApp{app.target.app, {}});
    for (std::size_t row = 0; row < rows.scored; ++row) exit.truth.push_back(app.labels[row] == kPresent);
  }
  return exits;
}

// `probabilities`: of the judged rows, as TrainedCandidate::judged has them.
ClipAnswers tail_answers(std::span<const float> probabilities, const AppData& app, const ClipRows& rows) {
  ClipAnswers answers;
  Recording& recording = answers.recording;
  recording.fps = rows.fps / static_cast<double>(rows.score_step);
  for (std::size_t row = 0; row < rows.scored; ++row) {
    recording.scores.push_back(probabilities[row * 2 + kPresent]);
    recording.truth.push_back(app.labels[row] == kPresent);
  }
  answers.threshold = choose_threshold(recording.scores, recording.truth);
  return answers;
}

ClipCandidate tail_candidate(const Base& base, const Branchpoint& branchpoint, const KeptCandidate& kept,
                             const PrecisionAnswers& others, const AppData& app, const ClipRows& rows) {
  ClipCandidate candidate{.described = describe_place(base, CandidateKind::tail, {branchpoint.tensor}),
                          .graph = kept.trained.weights.final,
                          .exact = tail_answers(kept.trained.judged, app, rows),
                          .others = {}};
  candidate.described.head = to_string(kept.head);
  candidate.described.ranges = others.ranges;
  for (const auto& [pair, judged] : others.judged) candidate.others[pair] = tail_answers(judged, app, rows);
  return candidate;
}

// One training: what its steps share, and the candidates so far.
class ClipTraining {
 public:
  ClipTraining(const Base& base, const ClipData& data, const Labels& labels, const Clip& clip,
               std::span<const AppTarget> targets, const TrainOptions& options)
      : base_(base), labels_(labels), clip_(clip), options_(options) {
    for (const AppTarget& target : targets) apps_.push_back(app_data(target, data, labels, clip.rows));
    candidates_.resize(apps_.size());
  }

  // There within seconds, so packages are written at once.
  void train_exits() {
    candidates_ = train_clip_exits(base_, clip_, exit_apps(apps_, clip_.rows), options_);
    hyperparameters_.merge(exit_hyperparameters(recipe::kFolds, recipe::kStrengths));
    write();
  }

  void train_tails(const ClipData& data) {
    for (AppData& app : apps_) {
      app.split = split_clip(clip_.rows, labels_in(labels_.of(app.target.app), clip_.rows.parts), data.folds);
    }
    const std::vector<Branchpoint> branchpoints = choose_branchpoints(base_, options_, kTailBranchpoints);
    const SharedData shared{base_, *clip_.inputs, branchpoints, options_};
    const std::vector<TrainedApp> trained = train_apps(shared, apps_);
    const auto others = judge_precisions(shared, apps_, trained);
    for (std::size_t app = 0; app < apps_.size(); ++app) {
      for (std::size_t i = 0; i < branchpoints.size(); ++i) {
        candidates_[app].push_back(tail_candidate(base_, branchpoints[i], trained[app].candidates[i],
                                                  others[app][i], apps_[app], clip_.rows));
      }
    }
    hyperparameters_.merge(tail_hyperparameters(trained.front().plan, options_));
    hyperparameters_["folds"] = std::to_string(data.folds);
    write();
    for (const TrainedApp& app : trained) app.work.remove();
  }

  [[nodiscard]] std::vector<Manifest> manifests() const {
    std::vector<Manifest> manifests;
    for (const AppData& app : apps_) manifests.push_back(MPackage::open(app.target.package).manifest());
    return manifests;
  }

 private:
  void write() const {
    for (std::size_t i = 0; i < apps_.size(); ++i) {
      const std::string& app = apps_[i].target.app;
      const std::vector<bool> labels = labels_in(labels_.of(app), clip_.rows.parts);
      Manifest manifest = start_manifest(base_, app, options_);
      manifest.classes = {"absent", "present"};
      manifest.positive = {"present"};
      manifest.hyperparameters = hyperparameters_;
      manifest.event = measure_events(labels, clip_.rows.fps, candidates_[i]);
      Packed packed = pack_clip_candidates(base_, app, candidates_[i], manifest.event);
      manifest.candidates = std::move(packed.candidates);
      write_package(apps_[i].target.package, manifest, packed.graphs);
    }
  }

  const Base& base_;
  const Labels& labels_;
  const Clip& clip_;
  const TrainOptions& options_;
  std::vector<AppData> apps_;
  std::vector<std::vector<ClipCandidate>> candidates_;  // by app
  Hyperparameters hyperparameters_;
};

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
  const bool exits = options.candidates != CandidateChoice::tails;
  const bool tails = options.candidates != CandidateChoice::exits;
  if (!tails) options.views = 1;                  // changed views are for fine-tuning
  (void)choose_exit_branchpoints(base, options);  // refuses unknown ones before the clip is read
  const std::filesystem::path folder = work_path(targets.front());
  const Clip clip = read_clip(data, labels, base.input, options, folder);
  ClipTraining training(base, data, labels, clip, targets, options);
  if (exits) training.train_exits();
  if (tails) training.train_tails(data);
  std::error_code is_needed;
  std::filesystem::remove(folder, is_needed);  // where rows went to a file; only if it is empty
  return training.manifests();
}

}  // namespace mainstream
