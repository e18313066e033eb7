// Leaving rows out of kernel ridge regression with an unpenalised mean has a closed form, so one inverse per
// strength serves all folds and pairs of folds. With A = (K + penalty)^-1 and a = A 1, the dual weights are
// w = B y, B = A - a a^T / (1^T a). The model without the rows S has the dual weights w - B[:, S] t, where
// B[S, S] t = w[S] (those of S become 0), and answers y[S] - t on S (An, Liu and Venkatesh 2007, "Fast
// cross-validation algorithms for least squares support vector machine and kernel ridge regression").
//
// Where events come in clusters, a model without a stretch full of them expects fewer, and would answer lower
// just where there are more: answers of different models could not be compared. So each model gets the mean
// target of all rows in place of that of its own (docs/training.md, "Exits").
#include "train/exits/ridge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "mainstream/error.hpp"
#include "train/parallel.hpp"

namespace mainstream {
namespace {

// B of the formula.
Matrix centred_inverse(const Matrix& kernel, double penalty) {
  Matrix values = inverse(kernel, penalty);
  const std::vector<double> of_ones = product(values, std::vector<double>(kernel.rows, 1.0));
  const double sum = sum_of(of_ones);
  for (std::size_t i = 0; i < kernel.rows; ++i) {
    for (std::size_t k = 0; k < kernel.rows; ++k) values(i, k) -= of_ones[i] * of_ones[k] / sum;
  }
  return values;
}

// Targets, and the dual weights of the model of all rows.
struct SolvedTarget {
  SolvedTarget(const Matrix& inverse, std::span<const double> targets)
      : wanted(targets), dual(product(inverse, targets)), sum(sum_of(targets)) {}

  std::span<const double> wanted;
  std::vector<double> dual;
  double sum = 0;  // of the targets
};

std::vector<SolvedTarget> solved_targets(const Matrix& inverse,
                                         std::span<const std::vector<double>> targets) {
  std::vector<SolvedTarget> solved;
  for (const std::vector<double>& wanted : targets) solved.emplace_back(inverse, wanted);
  return solved;
}

// A model that learns from all rows but some, for any targets.
class ModelWithout {
 public:
  // `inverse` is centred_inverse, and must outlive the model.
  ModelWithout(const Matrix& inverse, std::span<const std::size_t> rows)
      : inverse_(inverse), rows_(rows.begin(), rows.end()), block_(block_of(inverse, rows)) {}

  struct Solution {
    std::vector<double> moved;  // t of the formula: by how much it misses each row left out
    double raised = 0;          // the mean target of all rows, less that of the rows that it learned from
    double offset = 0;          // its answer is that of its dual weights, and this
  };

  [[nodiscard]] Solution solve(const SolvedTarget& target) const {
    Solution solution;
    double left_out = 0;
    std::vector<double> right;
    for (const std::size_t row : rows_) {
      left_out += target.wanted[row];
      right.push_back(target.dual[row]);
    }
    solution.moved = block_.solve(right);
    const auto rows = static_cast<double>(target.wanted.size());
    const double mean = target.sum / rows;
    solution.raised = mean - (target.sum - left_out) / (rows - static_cast<double>(rows_.size()));
    // Features are centred, so the offset is the mean answer. Answers miss the rows learned from by 0 on the
    // mean, and the others by `moved`.
    solution.offset = mean - sum_of(solution.moved) / rows + solution.raised;
    return solution;
  }

  // Its dual weights, added to `dual`.
  void add_dual(const Solution& solution, const SolvedTarget& target, std::span<double> dual) const {
    for (std::size_t i = 0; i < dual.size(); ++i) dual[i] += target.dual[i];
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      const double* row = &inverse_.values[rows_[k] * inverse_.columns];
      for (std::size_t i = 0; i < dual.size(); ++i) dual[i] -= row[i] * solution.moved[k];
    }
  }

  // Its answers on the `scored` rows, which are among those left out.
  template <typename Use>
  void each_answer(const Solution& solution, const SolvedTarget& target, std::span<const std::size_t> scored,
                   const Use& use) const {
    auto place = rows_.begin();
    for (const std::size_t row : scored) {
      place = std::lower_bound(place, rows_.end(), row);
      const auto missed = solution.moved[static_cast<std::size_t>(place - rows_.begin())];
      use(row, target.wanted[row] - missed + solution.raised);
    }
  }

 private:
  static Cholesky block_of(const Matrix& inverse, std::span<const std::size_t> rows) {
    Matrix block(rows.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t k = 0; k < rows.size(); ++k) block(i, k) = inverse(rows[i], rows[k]);
    }
    return Cholesky(block);
  }

  const Matrix& inverse_;
  std::vector<std::size_t> rows_;
  Cholesky block_;
};

std::vector<std::size_t> both(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
  std::vector<std::size_t> rows;
  std::ranges::set_union(a, b, std::back_inserter(rows));
  return rows;
}

// Whether enough rows are left without both folds.
bool can_leave_out(const std::vector<std::size_t>& left_out, std::size_t rows) {
  return 4 * left_out.size() <= 3 * rows;
}

class RidgeFitter {
 public:
  RidgeFitter(const Matrix& kernel, std::span<const std::vector<double>> targets,
              std::span<const HeldOut> folds, int threads)
      : kernel_(kernel), targets_(targets), folds_(folds), threads_(threads) {}

  // By strength and target, mean squared over the folds.
  [[nodiscard]] std::vector<std::vector<double>> errors(std::span<const double> strengths) const {
    std::vector<std::vector<double>> errors(strengths.size());
    parallel_for(strengths.size(), threads_, [&](std::size_t i) {
      compute_on_this_thread_alone();
      errors[i] = errors_with(strengths[i]);
    });
    return errors;
  }

  // The average models and the answers on unseen rows.
  [[nodiscard]] std::vector<RidgeFit> fits(double strength) const {
    const Matrix inverse = inverse_for(strength);
    std::vector<ModelWithout> models;
    for (const HeldOut& fold : folds_) models.emplace_back(inverse, fold.left_out);
    std::vector<RidgeFit> fits;
    const std::vector<SolvedTarget> solved = solved_targets(inverse, targets_);
    for (const SolvedTarget& target : solved) {
      RidgeFit& fit = fits.emplace_back(average(models, target));
      fit.strength = strength;
      fit.unseen.assign(kernel_.rows, 0);
    }
    answer_unseen(inverse, models, solved, fits);
    return fits;
  }

 private:
  [[nodiscard]] Matrix inverse_for(double strength) const {
    return centred_inverse(kernel_, penalty_of(strength, kernel_.rows, folds_));
  }

  // By target, mean squared over the folds.
  [[nodiscard]] std::vector<double> errors_with(double strength) const {
    const Matrix inverse = inverse_for(strength);
    const std::vector<SolvedTarget> solved = solved_targets(inverse, targets_);
    std::vector<double> errors(targets_.size(), 0);
    for (const HeldOut& fold : folds_) {
      const ModelWithout model(inverse, fold.left_out);
      for (std::size_t target = 0; target < targets_.size(); ++target) {
        const std::vector<double>& wanted = targets_[target];
        const auto solution = model.solve(solved[target]);
        model.each_answer(solution, solved[target], fold.scored, [&](std::size_t row, double answer) {
          errors[target] += (answer - wanted[row]) * (answer - wanted[row]);
        });
      }
    }
    for (double& error : errors) error /= static_cast<double>(kernel_.rows);
    return errors;
  }

  static RidgeFit average(const std::vector<ModelWithout>& models, const SolvedTarget& target) {
    RidgeFit fit;
    fit.dual.assign(target.wanted.size(), 0);
    const auto count = static_cast<double>(models.size());
    for (const ModelWithout& model : models) {
      const auto solution = model.solve(target);
      model.add_dual(solution, target, fit.dual);
      fit.offset += solution.offset / count;
    }
    for (double& weight : fit.dual) weight /= count;
    return fit;
  }

  void answer_unseen(const Matrix& inverse, const std::vector<ModelWithout>& models,
                     const std::vector<SolvedTarget>& solved, std::vector<RidgeFit>& fits) const {
    std::vector<double> models_of(folds_.size(), 0);  // models that answered a fold's rows
    const auto answer = [&](const ModelWithout& model, std::size_t fold) {
      for (std::size_t target = 0; target < fits.size(); ++target) {
        model.each_answer(model.solve(solved[target]), solved[target], folds_[fold].scored,
                          [&](std::size_t row, double value) { fits[target].unseen[row] += value; });
      }
      ++models_of[fold];
    };
    for (std::size_t a = 0; a < folds_.size(); ++a) {
      for (std::size_t b = a + 1; b < folds_.size(); ++b) {
        const std::vector<std::size_t> left_out = both(folds_[a].left_out, folds_[b].left_out);
        if (!can_leave_out(left_out, kernel_.rows)) continue;
        const ModelWithout model(inverse, left_out);
        answer(model, a);
        answer(model, b);
      }
    }
    for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
      if (models_of[fold] == 0) answer(models[fold], fold);
      for (RidgeFit& fit : fits) {
        for (const std::size_t row : folds_[fold].scored) fit.unseen[row] /= models_of[fold];
      }
    }
  }

  const Matrix& kernel_;
  const std::span<const std::vector<double>> targets_;
  const std::span<const HeldOut> folds_;
  const int threads_;
};

}  // namespace

std::vector<HeldOut> folds_in_time(std::size_t rows, std::size_t count, std::size_t guard) {
  constexpr std::size_t kLeast = 4;
  std::vector<HeldOut> folds(count);
  for (std::size_t fold = 0; fold < count; ++fold) {
    const std::size_t begin = fold * rows / count, end = (fold + 1) * rows / count;
    const std::size_t from = begin - std::min(begin, guard), to = std::min(rows, end + guard);
    if (end - begin < kLeast || to - from == rows) {
      throw Error(
          ErrorKind::usage,
          fmt::format(
              "{} frames are too few for {} folds with {} frames left out on each side; give more frames",
              rows, count, guard));
    }
    for (std::size_t row = from; row < to; ++row) folds[fold].left_out.push_back(row);
    for (std::size_t row = begin; row < end; ++row) folds[fold].scored.push_back(row);
  }
  return folds;
}

std::vector<HeldOut> stratified_folds(std::span<const int> labels, int classes, std::size_t count,
                                      std::uint64_t seed, std::span<const std::string> occasions) {
  std::mt19937_64 random(seed);
  std::vector<HeldOut> folds(std::min(count, labels.size()));
  std::map<std::string, std::size_t> fold_of;  // by occasion
  std::size_t next = 0;
  for (int label = 0; label < classes; ++label) {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (labels[row] == label) rows.push_back(row);
    }
    std::ranges::shuffle(rows, random);
    for (const std::size_t row : rows) {
      std::size_t fold = next % folds.size();
      bool is_first = true;
      if (!occasions.empty() && !occasions[row].empty()) {
        const auto [known, is_new] = fold_of.emplace(occasions[row], fold);
        fold = known->second;
        is_first = is_new;
      }
      if (is_first) ++next;
      folds[fold].scored.push_back(row);
    }
  }
  std::erase_if(folds, [](const HeldOut& fold) { return fold.scored.empty(); });
  if (!fold_of.empty() && folds.size() < 2) {
    throw Error(
        ErrorKind::usage,
        "the pictures are of one occasion; expected two or more, to learn from one and measure on another");
  }
  for (HeldOut& fold : folds) {
    std::ranges::sort(fold.scored);
    fold.left_out = fold.scored;
  }
  return folds;
}

std::vector<std::vector<std::size_t>> left_out_sets(std::span<const HeldOut> folds) {
  std::vector<std::vector<std::size_t>> sets;
  for (const HeldOut& fold : folds) sets.push_back(fold.left_out);
  return sets;
}

double learned_rows(std::size_t rows, std::span<const HeldOut> folds) {
  std::size_t left_out = 0;
  for (const HeldOut& fold : folds) left_out += fold.left_out.size();
  return static_cast<double>(rows) - static_cast<double>(left_out) / static_cast<double>(folds.size());
}

double penalty_of(double strength, std::size_t rows, std::span<const HeldOut> folds) {
  return strength * learned_rows(rows, folds) / 100;
}

std::size_t best_strength(const std::vector<std::vector<double>>& errors) {
  const auto all = std::ranges::min_element(errors, {}, sum_of);
  return static_cast<std::size_t>(all - errors.begin());
}

std::vector<RidgeFit> fit_ridge(const Matrix& kernel, std::span<const std::vector<double>> targets,
                                std::span<const HeldOut> folds, std::span<const double> strengths,
                                int threads) {
  const RidgeFitter fitter(kernel, targets, folds, threads);
  const std::vector<std::vector<double>> errors = fitter.errors(strengths);
  const std::size_t best = best_strength(errors);
  std::vector<RidgeFit> fits = fitter.fits(strengths[best]);
  for (std::size_t target = 0; target < fits.size(); ++target) fits[target].error = errors[best][target];
  return fits;
}

std::vector<double> choose_strengths(const Matrix& kernel, std::span<const std::vector<double>> targets,
                                     std::span<const HeldOut> folds, std::span<const double> strengths,
                                     int threads) {
  const std::vector<std::vector<double>> errors =
      RidgeFitter(kernel, targets, folds, threads).errors(strengths);
  std::vector<double> chosen;
  for (std::size_t target = 0; target < targets.size(); ++target) {
    const auto of_target = [&](const std::vector<double>& of_strength) { return of_strength[target]; };
    chosen.push_back(strengths[static_cast<std::size_t>(std::ranges::min_element(errors, {}, of_target) -
                                                        errors.begin())]);
  }
  return chosen;
}

std::vector<std::size_t> left_out_by(const HeldOut& fold, const HeldOut& other, std::size_t rows) {
  std::vector<std::size_t> two = both(fold.left_out, other.left_out);
  return can_leave_out(two, rows) ? two : fold.left_out;
}

std::vector<std::vector<DualModel>> models_without(const Matrix& kernel,
                                                   std::span<const std::vector<double>> targets,
                                                   std::span<const std::vector<std::size_t>> sets,
                                                   double penalty) {
  const Matrix inverse = centred_inverse(kernel, penalty);
  const std::vector<SolvedTarget> solved = solved_targets(inverse, targets);
  std::vector<std::vector<DualModel>> models(targets.size());
  for (const std::vector<std::size_t>& set : sets) {
    const ModelWithout model(inverse, set);
    for (std::size_t target = 0; target < targets.size(); ++target) {
      const auto solution = model.solve(solved[target]);
      DualModel& found = models[target].emplace_back();
      found.offset = solution.offset;
      found.dual.assign(kernel.rows, 0);
      model.add_dual(solution, solved[target], found.dual);
    }
  }
  return models;
}

}  // namespace mainstream
