#include "train/exits/picture_exits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/cpus.hpp"
#include "core/log.hpp"
#include "mainstream/calibration.hpp"
#include "train/assessment.hpp"
#include "train/candidate_place.hpp"
#include "train/exits/level_features.hpp"
#include "train/exits/linear_exit.hpp"
#include "train/exits/primal_ridge.hpp"
#include "train/exits/recipe.hpp"
#include "train/exits/sigmoid_fit.hpp"
#include "train/exits/threshold.hpp"
#include "train/stage_progress.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

// One class's scores, whichever way they were solved.
struct ClassFit {
  LinearValue value;
  std::vector<double> unseen;  // by training picture
  double strength = 0;
};

// [pictures x classes] from scores by class, all multiplied by `slope`.
std::vector<float> probabilities_of(std::span<const ClassFit> fits, double slope) {
  std::vector<float> probabilities, logits(fits.size());
  for (std::size_t row = 0; row < fits.front().unseen.size(); ++row) {
    for (std::size_t i = 0; i < fits.size(); ++i) logits[i] = static_cast<float>(slope * fits[i].unseen[row]);
    const std::vector<float> of_row = softmax(logits);
    probabilities.insert(probabilities.end(), of_row.begin(), of_row.end());
  }
  return probabilities;
}

double cross_entropy(std::span<const float> probabilities, std::span<const int> labels) {
  constexpr float kLeast = 1e-12F;
  double loss = 0;
  const std::size_t classes = probabilities.size() / labels.size();
  for (std::size_t row = 0; row < labels.size(); ++row)
    loss -= std::log(std::max(kLeast, probabilities[row * classes + static_cast<std::size_t>(labels[row])]));
  return loss;
}

// Temperature scaling (Guo et al. 2017): the slope of the least cross-entropy, by golden section over its
// logarithm (the loss has one minimum).
double fit_slope(std::span<const ClassFit> fits, std::span<const int> labels) {
  const double golden = (std::sqrt(5) - 1) / 2;
  const auto loss = [&](double log_slope) {
    return cross_entropy(probabilities_of(fits, std::exp(log_slope)), labels);
  };
  constexpr int kSteps = 30;
  double low = std::log(0.1), high = std::log(100);
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double at_a = loss(a), at_b = loss(b);
  for (int step = 0; step < kSteps; ++step) {
    if (at_a < at_b) {
      high = b;
      b = a;
      at_b = at_a;
      a = high - golden * (high - low);
      at_a = loss(a);
    } else {
      low = a;
      a = b;
      at_a = at_b;
      b = low + golden * (high - low);
      at_b = loss(b);
    }
  }
  return std::exp((low + high) / 2);
}

class PictureExitTraining {
 public:
  PictureExitTraining(const Base& base, const PictureExitData& data, const TrainOptions& options)
      : base_(base),
        data_(data),
        options_(options),
        threads_(options.threads > 0 ? options.threads : usable_cpus()) {
    const std::vector<Branchpoint> branchpoints = choose_exit_branchpoints(base, options);
    levels_ = pooled_levels(base, branchpoints);
    for (const ExitReads& points : exit_reads(branchpoints)) {
      ExitReads& reads = reads_.emplace_back();
      for (const std::size_t point : points) reads.insert(reads.end(), {2 * point, 2 * point + 1});
    }
    for (const std::size_t row : data.training) labels_.push_back(data.labels[row]);
    folds_ = stratified_folds(labels_, static_cast<int>(data.classes), recipe::kPictureFolds, options.seed);
    for (std::size_t label = 0; label < data.classes; ++label) {
      std::vector<double>& target = targets_.emplace_back();
      for (const int one : labels_) target.push_back(one == static_cast<int>(label) ? 1 : -1);
    }
  }

  std::vector<PictureCandidate> run() {
    StageProgress reading(options_, "reading the stem's tensors", data_.training.size());
    features_ = read_levels(base_, levels_, data_.inputs, data_.training, threads_, options_.stop,
                            [&] { reading.add(); });
    for (const auto& features : features_) scales_.push_back(scale_of(*features, threads_));
    StageProgress solving(options_, "solving exits", reads_.size());
    std::vector<PictureCandidate> candidates;
    for (const ExitReads& reads : reads_) {
      throw_if(options_.stop);
      candidates.push_back(solve(reads));
      solving.add();
    }
    validate(Precision::f32, candidates);
    for (const Precision precision : offered_precisions(base_)) validate(precision, candidates);
    return candidates;
  }

 private:
  PictureCandidate solve(const ExitReads& reads) {
    std::vector<ClassFit> fits = fit(reads);
    const double slope = fit_slope(fits, labels_);
    const std::vector<float> unseen = probabilities_of(fits, slope);
    const double right = top1(unseen, labels_, static_cast<int>(data_.classes));
    module_log("train")->debug("exit up to {}, {} levels: strength {}, slope {:.2f}, top-1 on folds {:.3f}",
                               levels_[reads.back()].tensor, reads.size(), fits.front().strength, slope,
                               right);
    const ScoredPictures scored = score_pictures(unseen, labels_, data_.classes, data_.positive);
    std::vector<LinearValue>& logits = logits_.emplace_back();
    for (ClassFit& of_class : fits) {
      of_class.value.scale(slope);
      logits.push_back(std::move(of_class.value));
    }
    std::vector<std::string> tensors;
    for (const std::size_t level : reads) {
      if (tensors.empty() || tensors.back() != levels_[level].tensor)
        tensors.push_back(levels_[level].tensor);
    }
    PictureCandidate candidate{.described = describe_place(base_, CandidateKind::exit, tensors),
                               .graph = exit_of(levels_, reads, logits),
                               .exact = {{}, threshold_for(scored)},
                               .others = {}};
    candidate.described.head = to_string(HeadKind::average);
    return candidate;
  }

  // On features where these are fewer than pictures, else on pictures.
  std::vector<ClassFit> fit(const ExitReads& reads) {
    std::size_t size = 0;
    for (const std::size_t level : reads) size += features_[level]->size();
    return size < labels_.size() ? fit_on_features(reads) : fit_on_pictures(reads);
  }

  std::vector<ClassFit> fit_on_features(const ExitReads& reads) const {
    std::vector<LevelRows> levels;
    for (const std::size_t level : reads) levels.push_back({*features_[level], scales_[level]});
    std::vector<ClassFit> fits;
    for (PrimalFit& solved : fit_primal_ridge(levels, targets_, folds_, recipe::kPictureStrengths,
                                              StrengthChoice::common, threads_)) {
      ClassFit& of_class = fits.emplace_back();
      of_class.value.offset = solved.offset;
      for (LinearWeights& level : solved.levels) add_level(std::move(level), of_class.value);
      of_class.unseen = std::move(solved.unseen);
      of_class.strength = solved.strength;
    }
    return fits;
  }

  std::vector<ClassFit> fit_on_pictures(const ExitReads& reads) const {
    Matrix kernel(labels_.size(), labels_.size());
    for (const std::size_t level : reads) add_kernel(*features_[level], scales_[level], threads_, kernel);
    std::vector<RidgeFit> solved =
        fit_ridge(kernel, targets_, folds_, recipe::kPictureStrengths, StrengthChoice::common, threads_);
    std::vector<ClassFit> fits;
    std::vector<std::vector<double>> duals;
    for (RidgeFit& one : solved) {
      fits.push_back({{{}, one.offset}, std::move(one.unseen), one.strength});
      duals.push_back(std::move(one.dual));
    }
    for (const std::size_t level : reads) {
      std::vector<LinearWeights> linear = linear_weights(*features_[level], scales_[level], duals, threads_);
      for (std::size_t i = 0; i < fits.size(); ++i) add_level(std::move(linear[i]), fits[i].value);
    }
    return fits;
  }

  static void add_level(LinearWeights level, LinearValue& value) {
    value.weights.push_back(std::move(level.weights));
    value.offset += level.offset;
  }

  [[nodiscard]] float threshold_for(const ScoredPictures& scored) const {
    std::vector<double> log_odds;
    for (const double score : scored.scores) {
      constexpr double kCertain = 1e-6;
      const double p = std::clamp(score, kCertain, 1 - kCertain);
      log_odds.push_back(std::log(p / (1 - p)));
    }
    return static_cast<float>(probability_of(compromise_threshold(log_odds, scored.truth, folds_)));
  }

  // The shipped exits' answers to the validation pictures, the stem in this number type.
  void validate(Precision precision, std::vector<PictureCandidate>& candidates) const {
    const std::size_t size = data_.validation.size() * data_.classes;
    std::vector<std::vector<float>> answers(candidates.size(), std::vector<float>(size));
    StageProgress measuring(options_, fmt::format("measuring exits in {}", to_string(precision)),
                            data_.validation.size());
    each_row(base_, levels_, data_.inputs, data_.validation, {precision, threads_}, options_.stop,
             [&](std::size_t place, std::span<const std::span<const float>> features) {
               for (std::size_t exit = 0; exit < candidates.size(); ++exit) {
                 std::vector<float> logits;
                 for (const LinearValue& logit : logits_[exit])
                   logits.push_back(static_cast<float>(logit.of(features, reads_[exit])));
                 std::ranges::copy(softmax(logits), answers[exit].begin() +
                                                        static_cast<std::ptrdiff_t>(place * data_.classes));
               }
               measuring.add();
             });
    for (std::size_t exit = 0; exit < candidates.size(); ++exit) {
      PictureCandidate& candidate = candidates[exit];
      if (precision == Precision::f32) {
        candidate.exact.probabilities = std::move(answers[exit]);
      } else {
        candidate.others[{precision, Precision::f32}] = {std::move(answers[exit]), candidate.exact.threshold};
      }
    }
  }

  const Base& base_;
  const PictureExitData& data_;
  const TrainOptions& options_;
  const int threads_;
  std::vector<ExitLevel> levels_;                    // two for each branchpoint: means and maxima
  std::vector<ExitReads> reads_;                     // by exit, levels
  std::vector<int> labels_;                          // by training picture
  std::vector<HeldOut> folds_;                       // of training pictures
  std::vector<std::vector<double>> targets_;         // by class and training picture
  std::vector<std::unique_ptr<HalfRows>> features_;  // by level, of training pictures
  std::vector<FeatureScale> scales_;                 // by level
  std::vector<std::vector<LinearValue>> logits_;     // by exit and class
};

}  // namespace

std::vector<PictureCandidate> train_picture_exits(const Base& base, const PictureExitData& data,
                                                  const TrainOptions& options) {
  return PictureExitTraining(base, data, options).run();
}

}  // namespace mainstream
