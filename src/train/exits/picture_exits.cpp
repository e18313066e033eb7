#include "train/exits/picture_exits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/cpus.hpp"
#include "core/log.hpp"
#include "mainstream/calibration.hpp"
#include "mainstream/profile.hpp"
#include "train/candidate_place.hpp"
#include "train/exits/level_features.hpp"
#include "train/exits/linear_exit.hpp"
#include "train/exits/primal_ridge.hpp"
#include "train/parallel.hpp"
#include "train/picture_calibration.hpp"
#include "train/recipe.hpp"
#include "train/stage_progress.hpp"
#include "train/stopped.hpp"
#include "train/validation/assessment.hpp"

namespace mainstream {
namespace {

// One class's scores, from either solver.
struct ClassFit {
  LinearValue value;
  std::vector<double> unseen;  // by training row
  double strength = 0;
};

// [pictures x classes] from scores by class.
std::vector<float> by_picture(std::span<const ClassFit> fits) {
  std::vector<float> scores;
  for (std::size_t row = 0; row < fits.front().unseen.size(); ++row) {
    for (const ClassFit& of_class : fits) scores.push_back(static_cast<float>(of_class.unseen[row]));
  }
  return scores;
}

class PictureExitTraining {
 public:
  PictureExitTraining(const Base& base, const PictureExitData& data, std::span<const Branchpoint> tails,
                      const TrainOptions& options)
      : base_(base),
        data_(data),
        tails_(tails),
        options_(options),
        threads_(options.threads > 0 ? options.threads : usable_cpus()) {
    const std::vector<Branchpoint> branchpoints = choose_exit_branchpoints(base, options);
    levels_ = pooled_levels(base, branchpoints);
    for (const ExitReads& points : exit_reads(branchpoints)) {
      ExitReads& reads = reads_.emplace_back();
      for (const std::size_t point : points) reads.insert(reads.end(), {2 * point, 2 * point + 1});
    }
    std::vector<std::string> occasions;
    for (const std::size_t row : data.training) {
      labels_.push_back(data.labels[row]);
      occasions.push_back(data.occasions[row]);
    }
    const auto classes = static_cast<int>(data.classes);
    folds_ = stratified_folds(labels_, classes, recipe::kPictureFolds, options.seed, occasions);
    for (std::size_t label = 0; label < data.classes; ++label) {
      std::vector<double>& target = targets_.emplace_back();
      for (const int one : labels_) target.push_back(one == static_cast<int>(label) ? 1 : -1);
    }
  }

  PictureExits run() {
    StageProgress reading(options_, "reading the stem's tensors", data_.training.size());
    features_ = read_levels(base_, levels_, {}, data_.inputs, data_.training, threads_, options_.stop,
                            [&] { reading.add(); });
    for (const auto& features : features_) scales_.push_back(scale_of(*features, threads_));
    StageProgress solving(options_, "solving exits", reads_.size());
    std::vector<PictureCandidate> candidates;
    for (const ExitReads& reads : reads_) {
      throw_if(options_.stop);
      candidates.push_back(solve(reads));
      solving.add();
    }
    validate(NumberType::f32, candidates);
    for (const NumberType number_type : offered_number_types(base_)) validate(number_type, candidates);
    return {std::move(candidates), std::move(folds_), std::move(starts_)};
  }

 private:
  PictureCandidate solve(const ExitReads& reads) {
    std::vector<ClassFit> fits = fit(reads);
    const std::vector<float> scores = by_picture(fits);
    const double slope = fit_slope(scores, labels_, data_.classes);
    const MatrixScaling scaling = fit_matrix_scaling(scores, labels_, data_.classes, slope);
    const std::vector<MatrixScaling> without_folds =
        scalings_without_folds(scores, labels_, data_.classes, slope, folds_);
    std::vector<float> unseen =
        probabilities_of(logits_of_folds(scores, without_folds, folds_), data_.classes);
    const float threshold = picture_threshold(unseen, labels_, data_.classes, data_.events);
    module_log("train").debug("exit up to {}, {} levels: strength {}, top-1 on folds {:.3f}",
                              levels_[reads.back()].tensor, reads.size(), fits.front().strength,
                              top1(unseen, labels_, static_cast<int>(data_.classes)));
    std::vector<LinearValue> values;
    for (ClassFit& of_class : fits) values.push_back(std::move(of_class.value));
    const std::vector<LinearValue>& logits = logits_.emplace_back(scaled(values, scaling));
    std::vector<std::string> tensors;
    for (const std::size_t level : reads) {
      if (tensors.empty() || tensors.back() != levels_[level].tensor)
        tensors.push_back(levels_[level].tensor);
    }
    PictureCandidate candidate{.described = describe_place(base_, CandidateKind::exit, tensors),
                               .graph = exit_of(levels_, reads, logits),
                               .unseen = std::move(unseen),
                               .exact = {{}, threshold},
                               .others = {}};
    candidate.described.head = "average";
    if (tensors == std::vector{base_.features})
      add_starts(reads, candidate.graph, fits.front().strength, without_folds);
    return candidate;
  }

  // The initial heads of tails: this exit, at the features; models and scalings are those without the fold.
  void add_starts(const ExitReads& reads, const Graph& shipped, double strength,
                  std::span<const MatrixScaling> scalings) {
    if (tails_.empty()) return;
    std::vector<Graph> heads;
    const std::vector<std::vector<LinearValue>> values = fold_values(reads, strength);
    for (std::size_t fold = 0; fold < values.size(); ++fold)
      heads.push_back(exit_of(levels_, reads, scaled(values[fold], scalings[fold])));
    heads.push_back(shipped);
    for (const Branchpoint& branchpoint : tails_) starts_.push_back({branchpoint, {}, {}, heads});
  }

  // By fold and class: the scores of the models without the fold.
  [[nodiscard]] std::vector<std::vector<LinearValue>> fold_values(const ExitReads& reads,
                                                                  double strength) const {
    const std::size_t folds = folds_.size();
    std::vector<std::vector<LinearValue>> values(folds);
    if (is_on_features(reads)) {
      for (std::vector<PrimalModel>& of_class :
           primal_fold_models(levels_of(reads), targets_, folds_, strength, threads_)) {
        for (std::size_t fold = 0; fold < folds; ++fold)
          values[fold].push_back(value_of(std::move(of_class[fold].levels), of_class[fold].offset));
      }
      return values;
    }
    const double penalty = penalty_of(strength, labels_.size(), folds_);
    std::vector<DualModel> models;  // by class, then fold
    for (std::vector<DualModel>& of_class :
         models_without(kernel_of(reads), targets_, left_out_sets(folds_), penalty))
      std::ranges::move(of_class, std::back_inserter(models));
    std::vector<LinearValue> found = values_of(reads, models);
    for (std::size_t i = 0; i < found.size(); ++i) values[i % folds].push_back(std::move(found[i]));
    return values;
  }

  [[nodiscard]] std::size_t features_in(const ExitReads& reads) const {
    std::size_t size = 0;
    for (const std::size_t level : reads) size += features_[level]->size();
    return size;
  }

  // Solves in the features where they are fewer than pictures, else in the pictures.
  [[nodiscard]] bool is_on_features(const ExitReads& reads) const {
    return features_in(reads) < labels_.size();
  }

  // Each thread solves for another strength, and has a few matrices of so many rows and columns.
  [[nodiscard]] int solving_threads(std::size_t size) const {
    constexpr std::uint64_t kMatrices = 4;
    return threads_within(options_.memory, kMatrices * sizeof(double) * size * size, threads_);
  }

  std::vector<ClassFit> fit(const ExitReads& reads) const {
    return is_on_features(reads) ? fit_on_features(reads) : fit_on_pictures(reads);
  }

  [[nodiscard]] std::vector<LevelRows> levels_of(const ExitReads& reads) const {
    std::vector<LevelRows> levels;
    for (const std::size_t level : reads) levels.push_back({*features_[level], scales_[level]});
    return levels;
  }

  [[nodiscard]] Matrix kernel_of(const ExitReads& reads) const {
    Matrix kernel(labels_.size(), labels_.size());
    for (const std::size_t level : reads) add_kernel(*features_[level], scales_[level], threads_, kernel);
    return kernel;
  }

  std::vector<ClassFit> fit_on_features(const ExitReads& reads) const {
    std::vector<ClassFit> fits;
    for (PrimalFit& solved : fit_primal_ridge(levels_of(reads), targets_, folds_, recipe::kPictureStrengths,
                                              solving_threads(features_in(reads)))) {
      fits.push_back(
          {value_of(std::move(solved.levels), solved.offset), std::move(solved.unseen), solved.strength});
    }
    return fits;
  }

  std::vector<ClassFit> fit_on_pictures(const ExitReads& reads) const {
    std::vector<RidgeFit> solved = fit_ridge(kernel_of(reads), targets_, folds_, recipe::kPictureStrengths,
                                             solving_threads(labels_.size()));
    std::vector<DualModel> models;
    for (RidgeFit& one : solved) models.push_back({std::move(one.dual), one.offset});
    std::vector<LinearValue> values = values_of(reads, models);
    std::vector<ClassFit> fits;
    for (std::size_t i = 0; i < solved.size(); ++i)
      fits.push_back({std::move(values[i]), std::move(solved[i].unseen), solved[i].strength});
    return fits;
  }

  // Reads the features once for all models.
  [[nodiscard]] std::vector<LinearValue> values_of(const ExitReads& reads,
                                                   std::span<const DualModel> models) const {
    std::vector<std::vector<double>> duals;
    std::vector<LinearValue> values;
    for (const DualModel& model : models) {
      duals.push_back(model.dual);
      values.push_back({{}, model.offset});
    }
    for (const std::size_t level : reads) {
      std::vector<LinearWeights> linear = linear_weights(*features_[level], scales_[level], duals, threads_);
      for (std::size_t i = 0; i < values.size(); ++i) add_level(std::move(linear[i]), values[i]);
    }
    return values;
  }

  static LinearValue value_of(std::vector<LinearWeights> levels, double offset) {
    LinearValue value{{}, offset};
    for (LinearWeights& level : levels) add_level(std::move(level), value);
    return value;
  }

  static void add_level(LinearWeights level, LinearValue& value) {
    value.weights.push_back(std::move(level.weights));
    value.offset += level.offset;
  }

  // The shipped exits' answers for the validation pictures, with the stem in this number type.
  void validate(NumberType number_type, std::vector<PictureCandidate>& candidates) const {
    const std::size_t size = data_.validation.size() * data_.classes;
    std::vector<std::vector<float>> answers(candidates.size(), std::vector<float>(size));
    StageProgress measuring(options_, fmt::format("measuring exits in {}", to_string(number_type)),
                            data_.validation.size());
    each_row(base_, levels_, data_.inputs, data_.validation, {number_type, threads_}, options_.stop,
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
      if (number_type == NumberType::f32) {
        candidate.exact.probabilities = std::move(answers[exit]);
      } else {
        candidate.others[{number_type, NumberType::f32}] = {std::move(answers[exit]),
                                                            candidate.exact.threshold};
      }
    }
  }

  const Base& base_;
  const PictureExitData& data_;
  const std::span<const Branchpoint> tails_;
  const TrainOptions& options_;
  const int threads_;
  std::vector<ExitLevel> levels_;                    // two for each branchpoint: means and maxima
  std::vector<ExitReads> reads_;                     // by exit, levels
  std::vector<int> labels_;                          // by training row
  std::vector<HeldOut> folds_;                       // folds of training rows
  std::vector<std::vector<double>> targets_;         // by class and training row
  std::vector<std::unique_ptr<HalfRows>> features_;  // by level, of training rows
  std::vector<FeatureScale> scales_;                 // by level
  std::vector<std::vector<LinearValue>> logits_;     // by exit and class
  std::vector<TailStart> starts_;
};

}  // namespace

PictureExits train_picture_exits(const Base& base, const PictureExitData& data,
                                 std::span<const Branchpoint> tails, const TrainOptions& options) {
  return PictureExitTraining(base, data, tails, options).run();
}

}  // namespace mainstream
