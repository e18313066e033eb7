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
  std::vector<double> sums;  // of the features
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

  std::vector<PrimalFit> run(StrengthChoice choice) {
    std::vector<std::size_t> rows(targets_.front().size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    const Moments all = moments(rows);
    for (const HeldOut& fold : folds_) solve_without(all, fold);
    std::vector<std::vector<double>> errors;
    for (std::vector<PrimalFit>& fits : fits_) {
      std::vector<double>& of_strength = errors.emplace_back();
      for (const PrimalFit& fit : fits) of_strength.push_back(fit.error / static_cast<double>(rows.size()));
    }
    std::vector<PrimalFit> chosen;
    for (std::size_t target = 0; target < targets_.size(); ++target) {
      const std::size_t best = best_strength(errors, target, choice);
      PrimalFit fit = std::move(fits_[best][target]);
      fit.strength = strengths_[best];
      fit.error = errors[best][target];
      fit.levels = raw_weights(weights_[best][target]);
      chosen.push_back(std::move(fit));
    }
    return chosen;
  }

 private:
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

  // The models without this fold, of all strengths.
  void solve_without(const Moments& all, const HeldOut& fold) {
    Moments kept = moments(fold.left_out);
    for (std::size_t i = 0; i < kept.squares.values.size(); ++i)
      kept.squares.values[i] = all.squares.values[i] - kept.squares.values[i];
    const auto rows = static_cast<double>(all.rows - kept.rows);
    std::vector<double> means;
    std::vector<std::vector<double>> right;
    for (std::size_t target = 0; target < targets_.size(); ++target) {
      means.push_back((all.target_sums[target] - kept.target_sums[target]) / rows);
      std::vector<double>& side = right.emplace_back(size_);
      for (std::size_t i = 0; i < size_; ++i)
        side[i] = all.by_target[target][i] - kept.by_target[target][i] -
                  means[target] * (all.sums[i] - kept.sums[i]);
    }
    parallel_for(strengths_.size(), threads_, [&](std::size_t i) {
      compute_on_this_thread_alone();
      Matrix left = kept.squares;
      for (std::size_t k = 0; k < size_; ++k)
        left(k, k) += strengths_[i] * learned_rows(all.rows, folds_) / 100;
      const Cholesky factored(left);
      for (std::size_t target = 0; target < targets_.size(); ++target)
        take(factored.solve(right[target]), means[target], fold, target, i);
    });
  }

  // Of one fold's model its answers on the fold, and its share of the average.
  void take(const std::vector<double>& weights, double mean, const HeldOut& fold, std::size_t target,
            std::size_t strength) {
    PrimalFit& fit = fits_[strength][target];
    const auto count = static_cast<double>(folds_.size());
    for (std::size_t begin = 0; begin < fold.scored.size(); begin += kRowsAtOnce) {
      const auto part =
          std::span(fold.scored).subspan(begin, std::min(kRowsAtOnce, fold.scored.size() - begin));
      const std::vector<float> block = scaled(part);
      for (std::size_t i = 0; i < part.size(); ++i) {
        const float* row = &block[i * size_];
        const double answer = std::inner_product(weights.begin(), weights.end(), row, mean);
        fit.unseen[part[i]] = answer;
        fit.error += (answer - targets_[target][part[i]]) * (answer - targets_[target][part[i]]);
      }
    }
    std::vector<double>& average = weights_[strength][target];
    for (std::size_t i = 0; i < size_; ++i) average[i] += weights[i] / count;
    fit.offset += mean / count;
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
                                        StrengthChoice choice, int threads) {
  compute_on_this_thread_alone();
  return PrimalFitter(levels, targets, folds, strengths, threads).run(choice);
}

}  // namespace mainstream
