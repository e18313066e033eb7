// train_from_clip: binary apps from a labelled clip of a fixed camera.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "event/frame_parts.hpp"
#include "mainstream/error.hpp"
#include "mainstream/trainer.hpp"
#include "train/branchpoint_choice.hpp"
#include "train/candidate_place.hpp"
#include "train/clip_candidate.hpp"
#include "train/data/clip_reader.hpp"
#include "train/exits/clip_exits.hpp"
#include "train/exits/exit_levels.hpp"
#include "train/manifest_start.hpp"
#include "train/recipe.hpp"
#include "train/tails/clip_tails.hpp"
#include "train/tails/tail_training.hpp"

namespace mainstream {
namespace {

void check_has_both_kinds(const std::string& app, const std::vector<bool>& labels,
                          const std::vector<FrameRange>& parts) {
  const auto positives = std::count(labels.begin(), labels.end(), true);
  if (positives > 0 && positives < static_cast<std::ptrdiff_t>(labels.size())) return;
  throw Error(ErrorKind::usage,
              fmt::format("app {} is {} in every frame of {}; training needs frames of both kinds", app,
                          positives > 0 ? "present" : "absent", to_string(parts)));
}

// The training data as text, for the work folders.
std::string describe_data(const ClipData& data, const ClipRows& rows) {
  std::error_code not_a_file;
  return fmt::format("{} {} bytes, frames {} at {} fps", data.video,
                     std::filesystem::file_size(data.video, not_a_file), to_string(rows.parts), rows.fps);
}

// The rows that tails learn from; each shows the frame of an example.
std::vector<TailRow> training_rows(const ClipRows& rows, std::span<const std::size_t> examples) {
  std::vector<std::int64_t> places;
  for (const std::size_t row : examples) places.push_back(rows.places[row]);
  std::vector<TailRow> training;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (!rows.trains[row]) continue;
    const auto example = std::ranges::lower_bound(places, rows.places[row]);
    training.push_back({row, static_cast<std::size_t>(example - places.begin())});
  }
  return training;
}

std::vector<TailRow> plain_rows(std::span<const std::size_t> examples) {
  std::vector<TailRow> rows;
  for (const std::size_t row : examples) rows.push_back({row, rows.size()});
  return rows;
}

// One training: the data that its steps share, and the candidates so far.
class ClipTraining {
 public:
  ClipTraining(const Base& base, const Labels& labels, const Clip& clip, std::span<const AppTarget> targets,
               const TrainOptions& options)
      : base_(base), clip_(clip), targets_(targets), options_(options), candidates_(targets.size()) {
    for (const AppTarget& target : targets) {
      labels_.push_back(labels_in(labels.of(target.app), clip.rows.parts));
      check_has_both_kinds(target.app, labels_.back(), clip.rows.parts);
      ClipExitApp& app = exit_apps_.emplace_back(ClipExitApp{target.app, {}});
      for (std::size_t row = 0; row < clip.rows.scored; ++row)
        app.truth.push_back(labels.of(target.app)[static_cast<std::size_t>(clip.rows.frames[row])]);
    }
  }

  // Exits take seconds, so packages are written at once. Tails start from exits, whether these are asked for
  // or not.
  void train_exits() {
    std::vector<Branchpoint> tails;
    if (options_.candidates != CandidateChoice::exits)
      tails = choose_tail_branchpoints(base_, options_, choose_exit_branchpoints(base_, options_));
    exits_ = train_clip_exits(base_, clip_, exit_apps_, tails, options_);
    hyperparameters_.merge(exit_hyperparameters(recipe::kFolds, recipe::kStrengths, recipe::kFocuses));
    for (const Branchpoint& branchpoint : tails) {
      if (branchpoint.layers > 0) continue;
      for (ClipExits::App& app : exits_.apps) app.starts.push_back({branchpoint, {}, {}, {}});
    }
    for (std::size_t app = 0; app < targets_.size(); ++app) {
      std::vector<ClipCandidate>& exits = exits_.apps[app].candidates;
      if (options_.candidates == CandidateChoice::tails)
        candidates_[app].push_back(take_last_tail(base_, exits));
      else
        candidates_[app] = std::move(exits);
    }
    if (options_.candidates != CandidateChoice::tails) write();
  }

  void train_tails(const ClipData& data) {
    const TailData shared{.base = base_,
                          .inputs = *clip_.inputs,
                          .plain = plain_rows(exits_.examples),
                          .training = training_rows(clip_.rows, exits_.examples),
                          .folds = exits_.tail_folds,
                          .head = HeadKind::spatial,
                          .learning = recipe::kClipTails,
                          .text = describe_data(data, clip_.rows),
                          .options = options_};
    std::vector<TailApp> apps;
    std::vector<std::size_t> places;
    for (std::size_t app = 0; app < targets_.size(); ++app) {
      if (!has_room(app)) continue;
      places.push_back(app);
      TailApp& tails = apps.emplace_back(TailApp{targets_[app], {}, 2, std::move(exits_.apps[app].starts)});
      for (const std::size_t row : exits_.examples)
        tails.labels.push_back(exit_apps_[app].truth[row] ? 1 : 0);
    }
    auto tails = describe_clip_tails(shared, apps, mainstream::train_tails(shared, apps), exits_.fps);
    for (std::size_t i = 0; i < places.size(); ++i)
      std::ranges::move(tails[i], std::back_inserter(candidates_[places[i]]));
    hyperparameters_.merge(tail_hyperparameters(shared));
    write();
    remove_work(apps, options_);
  }

  [[nodiscard]] std::vector<Manifest> manifests() const {
    std::vector<Manifest> manifests;
    for (const AppTarget& target : targets_) manifests.push_back(MPackage::open(target.package).manifest());
    return manifests;
  }

 private:
  [[nodiscard]] bool has_room(std::size_t app) const {
    if (options_.candidates == CandidateChoice::tails) return true;
    const double best = best_event_f1(candidates_[app]);
    if (1 - best >= recipe::kTailRoom) return true;
    module_log("train").info("{}: no tails: the best exit's event F1 is {:.3f}", targets_[app].app, best);
    return false;
  }

  void write() const {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      const std::string& app = targets_[i].app;
      Manifest manifest = start_manifest(base_, app, options_);
      manifest.classes = {"absent", "present"};
      manifest.positive = {"present"};
      manifest.hyperparameters = hyperparameters_;
      manifest.event = measure_events(labels_[i], clip_.rows.fps, candidates_[i]);
      Packed packed = pack_clip_candidates(base_, app, candidates_[i], manifest.event);
      manifest.candidates = std::move(packed.candidates);
      write_package(targets_[i].package, manifest, packed.graphs);
      if (!targets_[i].unseen.empty()) write_unseen(targets_[i], best_candidate(candidates_[i]));
    }
  }

  void write_unseen(const AppTarget& target, const ClipCandidate& candidate) const {
    Json json{{"app", target.app},
              {"candidate", candidate.described.id},
              {"threshold", shortest_number(candidate.exact.threshold)},
              {"frames", Json::array()},
              {"scores", Json::array()}};
    for (const std::size_t row : exits_.examples) json["frames"].push_back(clip_.rows.frames[row]);
    for (const float score : candidate.exact.recording.scores)
      json["scores"].push_back(shortest_number(score));
    write_file(target.unseen, json_text(json) + "\n");
  }

  const Base& base_;
  const Clip& clip_;
  const std::span<const AppTarget> targets_;
  const TrainOptions& options_;
  std::vector<std::vector<bool>> labels_;  // by app, of all frames of the parts
  std::vector<ClipExitApp> exit_apps_;
  ClipExits exits_;
  std::vector<std::vector<ClipCandidate>> candidates_;  // by app
  Hyperparameters hyperparameters_;
};

}  // namespace

std::vector<Manifest> train_from_clip(const Base& base, const ClipData& data,
                                      std::span<const AppTarget> targets, const TrainOptions& asked) {
  check_targets(targets);
  check_options(asked);
  TrainOptions options = asked;
  const Labels labels = read_labels(data.labels);
  for (const AppTarget& target : targets) (void)labels.of(target.app);
  const bool tails = options.candidates != CandidateChoice::exits;
  if (!tails) options.views = 1;                  // changed views are for fine-tuning
  (void)choose_exit_branchpoints(base, options);  // refuses unknown ones before the clip is read
  const std::filesystem::path folder = work_path(targets.front(), options);
  const Clip clip = read_clip(data, labels, base.input, options, folder);
  ClipTraining training(base, labels, clip, targets, options);
  training.train_exits();
  if (tails) training.train_tails(data);
  std::error_code is_needed;
  std::filesystem::remove(folder, is_needed);  // the folder of the rows' file; removed only if empty
  return training.manifests();
}

}  // namespace mainstream
