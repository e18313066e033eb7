// Measures what schedules and packages are worth, beside baselines. `mainstream experiment` runs it;
// docs/evaluation.md discusses runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "mainstream/event.hpp"
#include "mainstream/planning.hpp"

namespace mainstream {

// ---- An experiment's run and its files ---------------------------------------------------------------

// What each experiment is told.
struct ExperimentSetup {
  std::string name;              // "published": the files' name
  std::filesystem::path output;  // folder of the results; made if missing
  std::string command;           // the command line, for the report
  // All that results depend on, by name and value. Results that were kept with other values are refused.
  std::vector<std::pair<std::string, std::string>> options = {};
  bool quick = false;         // a small part of it, in seconds
  std::stop_token stop = {};  // ends the run between two results; what is finished is kept
};

struct ExperimentFiles {
  std::filesystem::path json;  // the results; the same command goes on from there
  std::filesystem::path csv;   // the figures, one row per point
  std::filesystem::path markdown, html;
  std::vector<std::filesystem::path> charts;  // SVG
};

// ---- The authors' workloads ----------------------------------------------------------------------------

struct PublishedOptions {
  std::filesystem::path curves;  // a scheduling problem with the apps' candidates and the layers' costs
  std::filesystem::path means;   // their published means: data/atc18/means.csv
  std::vector<double> budgets{50, 100, 150, 200, 250, 300};
  int most_apps = 25;
};

// Schedules the 100 workloads that the paper's authors generated for each budget and number of apps with
// greedy, fast, optimal and baselines, under their quality formula, and compares with what they published
// (data/atc18/README.md). Throws unreadable or untrusted for the files, and what ExperimentSetup says.
[[nodiscard]] ExperimentFiles run_published(const PublishedOptions& options, const ExperimentSetup& setup);

// ---- A clip in two parts: one to train on, one to test on ----------------------------------------------

struct ClipCut {
  std::vector<FrameRange> trained, judged;  // ascending, without overlaps; together the whole clip
  [[nodiscard]] std::string name() const;   // "0..397": the trained part
};

// The clip in six blocks of equal length in time. Cut i trains on three neighbouring ones from block i on
// (the first follows the last) and tests on the others; the first cut is the first half against the second,
// the fourth the reverse. Throws usage for fewer than six frames.
[[nodiscard]] std::vector<ClipCut> six_block_cuts(std::int64_t frames);

// ---- Scores of all candidates ------------------------------------------------------------------------

// One of the networks that an app can run: a candidate in some number types.
struct Variant {
  std::string candidate;  // id
  NumberTypes number_types;
  auto operator<=>(const Variant&) const = default;  // NOLINT(modernize-use-nullptr)
};

struct ClipScores {
  double fps = 0;
  std::vector<FrameRange> parts;  // parts of the clip, ascending
  // By app and variant, one recording for each part. All of the stem was in the variant's number type.
  std::vector<std::map<Variant, std::vector<Recording>>> recordings;
};

using FrameProgress = std::function<void(std::int64_t done, std::int64_t all)>;

// Runs all candidates of a mix of one stem, in all number types that they may run with, on the parts, each
// app against the labels of its name. `fps` 0: as the clip states it. Throws usage for an app without labels
// or parts that the labels do not have, unreadable or untrusted for the clip, failed when stopped.
[[nodiscard]] ClipScores record_scores(const Engine& engine, const Mix& mix, const std::string& video,
                                       double fps, const Labels& labels, std::vector<FrameRange> parts,
                                       const std::stop_token& stop, const FrameProgress& progress = {});

// ---- Regret ------------------------------------------------------------------------------------------

// Milliseconds per second of N separate whole bases at the stream's rate. Budgets are shares of this, which
// makes them comparable between machines.
[[nodiscard]] double whole_bases_cost(const Mix& mix, const Costs& costs);

// The name of the line for the best possible schedule in hindsight.
inline constexpr const char* kHindsight = "hindsight";

struct RegretPoint {
  double share = 0;   // budget as a share of the cost of whole bases for all apps
  double budget = 0;  // the same in milliseconds per second
  // By method, and kHindsight: F1 on the unseen frames of each app with an event there; 0 for all where no
  // schedule fits.
  std::map<std::string, std::vector<double>> f1;
  std::map<std::string, double> promised;  // mean F1 that the schedule predicts
};

// A mix trained on one part of a clip, its scores on the other.
struct TrainedMix {
  const Mix& mix;
  const Costs& costs;
  const ClipScores& scores;
};

// One cut of a clip. `tails_only` holds the same apps with packages of tails alone, if any. Apps without an
// event on the unseen frames do not count.
[[nodiscard]] std::vector<RegretPoint> regret_of(const TrainedMix& trained, const TrainedMix* tails_only,
                                                 const std::vector<double>& shares);

// Over several cuts and seeds: by share, the mean of each method, its difference to Mainstream, and the
// standard error of that difference (paired by cut and app).
struct RegretSummary {
  double share = 0;
  struct Line {
    double mean_f1 = 0, behind = 0, behind_error = 0;
  };
  std::map<std::string, Line> methods;
};
[[nodiscard]] std::vector<RegretSummary> summarise(const std::vector<std::vector<RegretPoint>>& cuts);

// ---- Promises ----------------------------------------------------------------------------------------

// A candidate on frames that its training did not see, at the stream's rate with one vote.
struct CandidateCheck {
  std::string app, candidate;
  double frozen_fraction = 0;
  std::optional<double> area;  // under the ROC curve; nothing when all frames are of one kind
  double promised_tpr = 0, observed_tpr = 0;
  double promised_fpr = 0, observed_fpr = 0;
  bool tpr_within = false, fpr_within = false;  // the stated intervals contain the observed values
  std::optional<double> f1, best_f1;            // at the package's threshold; at the best one in hindsight
  [[nodiscard]] std::optional<double> lost_f1() const;
};

[[nodiscard]] std::vector<CandidateCheck> check_candidates(const Mix& mix, const ClipScores& scores);

}  // namespace mainstream
