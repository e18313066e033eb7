#include "train/exits/primal_ridge.hpp"

#include <algorithm>
#include <numeric>

#include "train/parallel.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kRowsAtOnce = 256;

// X^T X and X^T [Y, 1] over some rows, X being the scaled features of all levels.
struct Moments {
  Matrix squares;
  std::vector<std::vector<double>> by_target;
  std::vector<double> sums;  // one per feature
  std::vector<double> target_sums;
  std::size_t rows = 0;
};

class PrimalFitter {
 public:
  PrimalFitter(std::span<const LevelRows> levels, std::span<const std::vector<double>> targets,
               std::span<const HeldOut> folds, std::span<const double> strengths, int threads)
      : levels_(levels), targets_(targets), folds_(folds), strengths_(strengths), threads_(threads) {
    for (const LevelRows& level : levels) size_ += level.features.size();
    for (std::size_t i = 0; i < strengths.size(); ++i) {
      PrimalFit empty;
      empty.unseen.assign(targets.front().size(), 0);
      fits_.emplace_back(targets.size(), empty);
      weights_.emplace_back(targets.size(), std::vector<double>(size_, 0));
    }
  }

  std::vector<PrimalFit> run() {
    const Moments all = moments(every_row());
    for (const HeldOut& fold : folds_) solve_without(all, fold);
    std::vector<std::vector<double>> errors;
    for (std::vector<PrimalFit>& fits : fits_) {
      std::vector<double>& of_strength = errors.emplace_back();
      for (const PrimalFit& fit : fits) of_strength.push_back(fit.error / static_cast<double>(all.rows));
    }
    const std::size_t best = best_strength(errors);
    std::vector<PrimalFit> chosen;
    for (std::size_t target = 0; target < targets_.size(); ++target) {
      PrimalFit fit = std::move(fits_[best][target]);
      fit.strength = strengths_[best];
      fit.error = errors[best][target];
      fit.levels = raw_weights(weights_[best][target]);
      chosen.push_back(std::move(fit));
    }
    return chosen;
  }

  // Fits with the only strength.
  std::vector<std::vector<PrimalModel>> models() {
    std::vector<std::vector<PrimalModel>> models(targets_.size());
    const Moments all = moments(every_row());
    for (const HeldOut& fold : folds_) {
      const System system = system_without(all, fold.left_out);
      const Cholesky solver = factored(system, strengths_.front());
      for (std::size_t target = 0; target < targets_.size(); ++target) {
        const std::vector<double> weights = solver.solve(system.right[target]);
        models[target].push_back({raw_weights(weights), system.offset(weights, target)});
      }
    }
    return models;
  }

 private:
  [[nodiscard]] std::vector<std::size_t> every_row() const {
    std::vector<std::size_t> rows(targets_.front().size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    return rows;
  }

  // [rows, features of all levels]
  [[nodiscard]] std::vector<float> scaled(std::span<const std::size_t> rows) const {
    std::vector<float> block(rows.size() * size_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::span<float> row = std::span(block).subspan(i * size_, size_);
      for (const LevelRows& level : levels_) {
        const std::span<float> part = row.first(level.features.size());
        level.features.read(rows[i], part);
        for (std::size_t k = 0; k < part.size(); ++k)
          part[k] = static_cast<float>((part[k] - level.scale.mean[k]) * level.scale.scale);
        row = row.subspan(part.size());
      }
    }
    return block;
  }

  [[nodiscard]] Moments moments(std::span<const std::size_t> rows) const {
    Moments sum{Matrix(size_, size_), std::vector(targets_.size(), std::vector<double>(size_, 0)),
                std::vector<double>(size_, 0), std::vector<double>(targets_.size(), 0), rows.size()};
    for (std::size_t begin = 0; begin < rows.size(); begin += kRowsAtOnce) {
      const auto part = rows.subspan(begin, std::min(kRowsAtOnce, rows.size() - begin));
      const std::vector<float> block = scaled(part);
      add_covariance(block, sum.squares);
      add_product(block, std::vector<double>(part.size(), 1), sum.sums);
      for (std::size_t target = 0; target < targets_.size(); ++target) {
        std::vector<double> wanted;
        for (const std::size_t row : part) wanted.push_back(targets_[target][row]);
        add_product(block, wanted, sum.by_target[target]);
        sum.target_sums[target] += std::accumulate(wanted.begin(), wanted.end(), 0.0);
      }
    }
    return sum;
  }

  static void add_product(std::span<const float> block, std::span<const double> vector,
                          std::vector<double>& sum) {
    const std::vector<float> product = transposed_product(block, vector);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += product[i];
  }

  // The normal equations of a model that leaves some rows out, with features and targets centred on the
  // rows that it learns from.
  struct System {
    Matrix squares;
    std::vector<double> centre;              // mean of each feature
    std::vector<std::vector<double>> right;  // by target
    std::vector<double> means;               // of the targets of all rows: see ridge.cpp

    [[nodiscard]] double offset(const std::vector<double>& weights, std::size_t target) const {
      return means[target] - std::inner_product(weights.begin(), weights.end(), centre.begin(), 0.0);
    }
  };

  [[nodiscard]] System system_without(const Moments& all, const std::vector<std::size_t>& left_out) const {
    Moments out = moments(left_out);
    const auto rows = static_cast<double>(all.rows - out.rows);
    System system{std::move(out.squares), {}, {}, {}};
    for (std::size_t i = 0; i < size_; ++i) system.centre.push_back((all.sums[i] - out.sums[i]) / rows);
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t k = 0; k < size_; ++k)
        system.squares(i, k) =
            all.squares(i, k) - system.squares(i, k) - rows * system.centre[i] * system.centre[k];
    }
    for (std::size_t target = 0; target < targets_.size(); ++target) {
      const double sum = all.target_sums[target] - out.target_sums[target];
      std::vector<double>& side = system.right.emplace_back(size_);
      for (std::size_t i = 0; i < size_; ++i)
        side[i] = all.by_target[target][i] - out.by_target[target][i] - sum * system.centre[i];
      system.means.push_back(all.target_sums[target] / static_cast<double>(all.rows));
    }
    return system;
  }

  [[nodiscard]] Cholesky factored(const System& system, double strength) const {
    Matrix left = system.squares;
    const double penalty = strength * learned_rows(targets_.front().size(), folds_) / 100;
    for (std::size_t i = 0; i < size_; ++i) left(i, i) += penalty;
    return Cholesky(left);
  }

  // The models without this fold, of all strengths.
  void solve_without(const Moments& all, const HeldOut& fold) {
    const System system = system_without(all, fold.left_out);
    parallel_for(strengths_.size(), threads_, [&](std::size_t i) {
      compute_on_this_thread_alone();
      const Cholesky solver = factored(system, strengths_[i]);
      for (std::size_t target = 0; target < targets_.size(); ++target) {
        const std::vector<double> weights = solver.solve(system.right[target]);
        take(weights, system.offset(weights, target), fold, target, i);
      }
    });
  }

  // Adds one fold's model: its answers on the fold, and its share of the average.
  void take(const std::vector<double>& weights, double offset, const HeldOut& fold, std::size_t target,
            std::size_t strength) {
    PrimalFit& fit = fits_[strength][target];
    const auto count = static_cast<double>(folds_.size());
    each_answer(weights, offset, fold.scored, [&](std::size_t row, double answer) {
      fit.unseen[row] = answer;
      fit.error += (answer - targets_[target][row]) * (answer - targets_[target][row]);
    });
    std::vector<double>& average = weights_[strength][target];
    for (std::size_t i = 0; i < size_; ++i) average[i] += weights[i] / count;
    fit.offset += offset / count;
  }

  template <typename Use>
  void each_answer(const std::vector<double>& weights, double offset, std::span<const std::size_t> rows,
                   const Use& use) const {
    for (std::size_t begin = 0; begin < rows.size(); begin += kRowsAtOnce) {
      const auto part = rows.subspan(begin, std::min(kRowsAtOnce, rows.size() - begin));
      const std::vector<float> block = scaled(part);
      for (std::size_t i = 0; i < part.size(); ++i)
        use(part[i], std::inner_product(weights.begin(), weights.end(), &block[i * size_], offset));
    }
  }

  [[nodiscard]] std::vector<LinearWeights> raw_weights(std::span<const double> weights) const {
    std::vector<LinearWeights> levels;
    for (const LevelRows& level : levels_) {
      LinearWeights& raw = levels.emplace_back();
      for (std::size_t i = 0; i < level.features.size(); ++i) {
        raw.weights.push_back(static_cast<float>(weights[i] * level.scale.scale));
        raw.offset -= static_cast<double>(level.scale.mean[i]) * raw.weights.back();
      }
      weights = weights.subspan(level.features.size());
    }
    return levels;
  }

  const std::span<const LevelRows> levels_;
  const std::span<const std::vector<double>> targets_;
  const std::span<const HeldOut> folds_;
  const std::span<const double> strengths_;
  const int threads_;
  std::size_t size_ = 0;
  std::vector<std::vector<PrimalFit>> fits_;               // by strength and target
  std::vector<std::vector<std::vector<double>>> weights_;  // the same, of the scaled features
};

}  // namespace

std::vector<PrimalFit> fit_primal_ridge(std::span<const LevelRows> levels,
                                        std::span<const std::vector<double>> targets,
                                        std::span<const HeldOut> folds, std::span<const double> strengths,
                                        int threads) {
  compute_on_this_thread_alone();
  return PrimalFitter(levels, targets, folds, strengths, threads).run();
}

std::vector<std::vector<PrimalModel>> primal_fold_models(std::span<const LevelRows> levels,
                                                         std::span<const std::vector<double>> targets,
                                                         std::span<const HeldOut> folds, double strength,
                                                         int threads) {
  return PrimalFitter(levels, targets, folds, std::span(&strength, 1), threads).models();
}

}  // namespace mainstream
