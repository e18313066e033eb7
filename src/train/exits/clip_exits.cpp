#include "train/exits/clip_exits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/cpus.hpp"
#include "core/log.hpp"
#include "mainstream/calibration.hpp"
#include "mainstream/profile.hpp"
#include "train/candidate_place.hpp"
#include "train/exits/cell_layout.hpp"
#include "train/exits/focused_ridge.hpp"
#include "train/exits/gram.hpp"
#include "train/exits/level_features.hpp"
#include "train/exits/linear_exit.hpp"
#include "train/exits/sigmoid_fit.hpp"
#include "train/recipe.hpp"
#include "train/stage_progress.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

// One app's exit, with the data from which its answers in other number types are derived.
struct AppExit {
  Sigmoid sigmoid;             // from scores to log odds
  LinearValue log_odds;        // the shipped exit
  std::vector<double> seen;    // log odds of the shipped exit on the frames that it learned from
  std::vector<double> unseen;  // log odds on the same frames by models that did not see them
};

// Absent and present of each row, with these log odds of present.
std::vector<float> logits_of(std::span<const double> scores, const Sigmoid& sigmoid) {
  std::vector<float> logits;
  for (const double score : scores) {
    const auto half = static_cast<float>(sigmoid.log_odds(score) / 2);
    logits.insert(logits.end(), {-half, half});
  }
  return logits;
}

class ClipExitTraining {
 public:
  ClipExitTraining(const Base& base, const Clip& clip, std::span<const ClipExitApp> apps,
                   std::span<const Branchpoint> tails, const TrainOptions& options)
      : base_(base),
        clip_(clip),
        tails_(tails),
        options_(options),
        threads_(options.threads > 0 ? options.threads : usable_cpus()),
        branchpoints_(choose_exit_branchpoints(base, options)),
        reads_(exit_reads(branchpoints_)) {
    for (std::size_t row = 0; row < clip.rows.scored; ++row) rows_.push_back(row);
    fps_ = clip.rows.fps / static_cast<double>(clip.rows.score_step);
    learned_ = rows_to_learn();
    for (const ClipExitApp& app : apps) {
      names_.push_back(app.app);
      truths_.push_back(app.truth);
      std::vector<double>& targets = targets_.emplace_back();
      for (const bool truth : app.truth) targets.push_back(truth ? 1 : -1);
    }
    const auto guard = static_cast<std::size_t>(std::ceil(recipe::kGuardSeconds * fps_));
    folds_ = folds_in_time(rows_.size(), recipe::kFolds, guard);
    tail_folds_ = folds_in_time(rows_.size(), recipe::kTailFolds, guard);
    starts_.resize(apps.size());
    levels_ = whole_levels(base, branchpoints_, rows_.size(), options.memory);
    for (const ExitLevel& level : levels_) layouts_.emplace_back(level);
    log_limits();
  }

  ClipExits run() {
    StageProgress reading(options_, "reading the stem's tensors", rows_.size());
    features_ = read_levels(base_, levels_, layouts_, *clip_.inputs, rows_, threads_, options_.stop,
                            [&] { reading.add(); });
    solve_all();
    std::vector<std::vector<ClipCandidate>> candidates(truths_.size());
    for (std::size_t app = 0; app < truths_.size(); ++app) {
      for (std::size_t exit = 0; exit < reads_.size(); ++exit) candidates[app].push_back(describe(app, exit));
    }
    for (const NumberType number_type : offered_number_types(base_)) measure(number_type, candidates);
    ClipExits exits{rows_, fps_, std::move(tail_folds_), {}};
    for (std::size_t app = 0; app < truths_.size(); ++app)
      exits.apps.push_back({std::move(candidates[app]), std::move(starts_[app])});
    return exits;
  }

 private:
  void log_limits() const {
    for (const ExitLevel& level : levels_) {
      if (level.pooling.kind == ExitPooling::Kind::none) continue;
      module_log("train").info(
          "exits read {} averaged over {} x {}: whole, all tensors need more than the {} MB "
          "of memory allowed",
          level.tensor, level.pooling.window[0], level.pooling.window[1], options_.memory >> 20);
    }
  }

  // About recipe::kLearnedPerSecond a second, recipe::kMostLearned at most.
  [[nodiscard]] std::vector<std::size_t> rows_to_learn() const {
    const auto by_rate = static_cast<std::size_t>(step_for(fps_, recipe::kLearnedPerSecond));
    const std::size_t by_number = (rows_.size() + recipe::kMostLearned - 1) / recipe::kMostLearned;
    std::vector<std::size_t> learned;
    for (std::size_t row = 0; row < rows_.size(); row += std::max(by_rate, by_number)) learned.push_back(row);
    return learned;
  }

  // Kernels are large, so each is used for all exits that read it and then freed.
  void solve_all() {
    StageProgress solving(options_, "solving exits", reads_.size());
    exits_.assign(truths_.size(), std::vector<AppExit>(reads_.size()));
    std::vector<CellKernels> sums(reads_.size());
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      scales_.push_back(scale_of(*features_[level], threads_));
      const CellKernels kernels =
          cell_kernels(*features_[level], scales_[level], layouts_[level], learned_, threads_);
      for (std::size_t exit = 0; exit < reads_.size(); ++exit) {
        if (std::ranges::find(reads_[exit], level) == reads_[exit].end()) continue;
        throw_if(options_.stop);
        const bool is_alone = reads_[exit].size() == 1;
        if (!is_alone) sums[exit].add(kernels);
        if (reads_[exit].back() != level) continue;
        solve(exit, is_alone ? kernels : sums[exit]);
        sums[exit] = {};
        solving.add();
      }
    }
  }

  void solve(std::size_t exit, const CellKernels& kernels) {
    const FocusedRows rows{kernels, learned_, targets_};
    const std::vector<FocusedFit> fits =
        fit_focused_ridge(rows, folds_, recipe::kStrengths, recipe::kFocuses, threads_);
    for (std::size_t app = 0; app < fits.size(); ++app) {
      AppExit& own = exits_[app][exit];
      own.sigmoid = fit_sigmoid_in_time(fits[app].unseen, truths_[app], {recipe::kSlope, 0});
      module_log("train").debug(
          "{}: exit up to {}, {} levels: strength {}, focus {}, slope {:.2f}, offset {:.2f}", names_[app],
          levels_[reads_[exit].back()].tensor, reads_[exit].size(), fits[app].chosen.strength,
          fits[app].chosen.focus, own.sigmoid.slope, own.sigmoid.offset);
      for (const double score : fits[app].unseen) own.unseen.push_back(own.sigmoid.log_odds(score));
      for (const double score : answers_to_all(kernels, fits[app].model))
        own.seen.push_back(own.sigmoid.log_odds(score));
    }
    add_weights(exit, fits);
    if (reads_[exit].size() == 1) add_starts(exit, rows, fits);
  }

  // Records the start of a tail at this exit's branchpoint.
  void add_starts(std::size_t exit, const FocusedRows& rows, std::span<const FocusedFit> fits) {
    const Branchpoint& branchpoint = branchpoints_[reads_[exit].front()];
    if (std::ranges::find(tails_, branchpoint.tensor, &Branchpoint::tensor) == tails_.end()) return;
    std::vector<Regularisation> how;
    for (const FocusedFit& fit : fits) how.push_back(fit.chosen);
    const CrossedAnswers crossed = cross_focused_ridge(rows, tail_folds_, how, threads_);
    for (std::size_t app = 0; app < fits.size(); ++app) {
      TailStart& start = starts_[app].emplace_back(TailStart{branchpoint, graph_of(app, exit), {}, {}});
      std::vector<double> own(rows_.size());  // by models without the row's own fold alone
      for (std::size_t fold = 0; fold < tail_folds_.size(); ++fold) {
        for (const std::size_t row : tail_folds_[fold].scored) own[row] = crossed[app][fold][row];
      }
      for (const std::vector<double>& scores : crossed[app])
        start.logits.push_back(logits_of(scores, exits_[app][exit].sigmoid));
      start.logits.push_back(logits_of(own, exits_[app][exit].sigmoid));
    }
  }

  void add_weights(std::size_t exit, std::span<const FocusedFit> fits) {
    std::vector<std::vector<std::vector<double>>> duals;
    for (const FocusedFit& fit : fits) duals.push_back(fit.model.duals);
    for (std::size_t app = 0; app < fits.size(); ++app)
      exits_[app][exit].log_odds.offset = fits[app].model.offset;
    for (const std::size_t level : reads_[exit]) {
      const std::vector<LinearWeights> linear = linear_weights_by_cell(
          *features_[level], scales_[level], layouts_[level], learned_, duals, threads_);
      for (std::size_t app = 0; app < fits.size(); ++app) {
        LinearValue& own = exits_[app][exit].log_odds;
        own.weights.push_back(layouts_[level].raw_weights(linear[app].weights));
        own.offset += linear[app].offset;
      }
    }
    for (std::size_t app = 0; app < fits.size(); ++app) {
      AppExit& own = exits_[app][exit];
      own.log_odds.scale(own.sigmoid.slope);
      own.log_odds.offset += own.sigmoid.offset;
    }
  }

  [[nodiscard]] Graph graph_of(std::size_t app, std::size_t exit) const {
    return exit_of(levels_, reads_[exit], logits_of_log_odds(exits_[app][exit].log_odds));
  }

  [[nodiscard]] ClipAnswers exit_answers(std::size_t app, std::size_t exit,
                                         std::span<const double> log_odds) const {
    return answers_of(log_odds, truths_[app], fps_, exits_[app][exit].sigmoid.offset);
  }

  [[nodiscard]] ClipCandidate describe(std::size_t app, std::size_t exit) const {
    std::vector<std::string> tensors;
    for (const std::size_t level : reads_[exit]) tensors.push_back(levels_[level].tensor);
    ClipCandidate candidate{.described = describe_place(base_, CandidateKind::exit, tensors),
                            .graph = graph_of(app, exit),
                            .exact = exit_answers(app, exit, exits_[app][exit].unseen),
                            .others = {}};
    candidate.described.head = "spatial";
    return candidate;
  }

  // Runs the stem in another number type and the exits in f32, and measures how much the shipped exits'
  // answers move.
  void measure(NumberType number_type, std::vector<std::vector<ClipCandidate>>& candidates) const {
    StageProgress measuring(options_, fmt::format("measuring exits in {}", to_string(number_type)),
                            rows_.size());
    std::vector<std::vector<std::vector<double>>> log_odds(truths_.size());
    for (std::size_t app = 0; app < truths_.size(); ++app) {
      for (const AppExit& exit : exits_[app]) log_odds[app].push_back(exit.unseen);
    }
    each_row(base_, levels_, *clip_.inputs, rows_, {number_type, threads_}, options_.stop,
             [&](std::size_t row, std::span<const std::span<const float>> features) {
               for (std::size_t app = 0; app < truths_.size(); ++app) {
                 for (std::size_t exit = 0; exit < reads_.size(); ++exit) {
                   const AppExit& own = exits_[app][exit];
                   log_odds[app][exit][row] += own.log_odds.of(features, reads_[exit]) - own.seen[row];
                 }
               }
               measuring.add();
             });
    for (std::size_t app = 0; app < truths_.size(); ++app) {
      for (std::size_t exit = 0; exit < reads_.size(); ++exit) {
        const NumberTypes pair{number_type, NumberType::f32};
        candidates[app][exit].others[pair] = exit_answers(app, exit, log_odds[app][exit]);
      }
    }
  }

  const Base& base_;
  const Clip& clip_;
  const std::span<const Branchpoint> tails_;
  const TrainOptions& options_;
  const int threads_;
  const std::vector<Branchpoint> branchpoints_;
  const std::vector<ExitReads> reads_;        // by exit
  std::vector<std::size_t> rows_;             // rows of the inputs that exits answer
  double fps_ = 0;                            // frame rate of these rows
  std::vector<std::size_t> learned_;          // places in rows_
  std::vector<std::string> names_;            // by app
  std::vector<std::vector<bool>> truths_;     // by app and row
  std::vector<std::vector<double>> targets_;  // the same as -1 and 1
  std::vector<HeldOut> folds_, tail_folds_;
  std::vector<ExitLevel> levels_;                    // one for each branchpoint
  std::vector<CellLayout> layouts_;                  // by level
  std::vector<std::unique_ptr<HalfRows>> features_;  // by level, arranged
  std::vector<FeatureScale> scales_;                 // by level
  std::vector<std::vector<AppExit>> exits_;          // by app and exit
  std::vector<std::vector<TailStart>> starts_;       // by app
};

}  // namespace

ClipExits train_clip_exits(const Base& base, const Clip& clip, std::span<const ClipExitApp> apps,
                           std::span<const Branchpoint> tails, const TrainOptions& options) {
  return ClipExitTraining(base, clip, apps, tails, options).run();
}

}  // namespace mainstream
