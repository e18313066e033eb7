// Adaptive ridge (Grandvalet 1998) with groups of features, as in the adaptive group lasso (Wang and Leng
// 2008). A cell's kernel is weighted by w = (e / mean e + floor) ^ focus, where e is the energy of the first
// stage's weights in the cell by its share of the features: with the dual weights d it is d^T K d / share, K
// the cell's kernel. A model that leaves rows out does so in both stages, so its answers to them are honest.
// docs/training.md, "Exits", has what it brings.
#include "train/exits/focused_ridge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "train/parallel.hpp"
#include "train/recipe.hpp"

namespace mainstream {
namespace {

using Rows = std::vector<std::size_t>;

// A model whose dual weights in a cell are those of one vector, times the cell's weight.
struct Solution {
  std::vector<double> weights;  // by cell
  std::vector<double> dual;     // by learned row
  double offset = 0;
};

class FocusedRidge {
 public:
  FocusedRidge(const FocusedRows& rows, std::span<const HeldOut> folds, int threads)
      : kernels_(rows.kernels),
        learned_(rows.learned),
        targets_(rows.targets),
        folds_(folds),
        threads_(threads),
        plain_(learned_.size(), learned_.size()) {
    for (const std::vector<float>& cell : kernels_.cells) {
      double& trace = traces_.emplace_back(0);
      for (std::size_t i = 0; i < learned_.size(); ++i) {
        const float* row = row_of(cell, learned_[i]);
        for (std::size_t k = 0; k < learned_.size(); ++k) plain_(i, k) += row[k];
        trace += row[i];
      }
    }
    for (const std::vector<double>& target : targets_) {
      std::vector<double>& values = learned_targets_.emplace_back();
      for (const std::size_t row : learned_) values.push_back(target[row]);
    }
    for (const HeldOut& fold : folds_)
      learned_folds_.push_back({among_learned(fold.scored), among_learned(fold.left_out)});
  }

  [[nodiscard]] std::vector<FocusedFit> fit(std::span<const double> strengths,
                                            std::span<const double> focuses) const {
    Chosen chosen = choose(strengths, focuses);
    const Pairs pairs = pairs_of_folds();
    const auto models = solve(pairs.left_out, chosen.how);
    std::vector<FocusedFit> fits(targets_.size());
    parallel_for(fits.size(), threads_, [&](std::size_t target) {
      const std::vector<Solution>& without_one = chosen.models[target];
      fits[target] = {chosen.how[target], average(without_one), unseen(without_one, models[target], pairs)};
    });
    return fits;
  }

  [[nodiscard]] CrossedAnswers crossed(std::span<const Regularisation> how) const {
    std::vector<Rows> sets;  // by own fold and the other one
    for (const HeldOut& own : folds_) {
      for (const HeldOut& other : folds_) sets.push_back(left_out_by(own, other, rows()));
    }
    const auto models = solve(sets, how);
    CrossedAnswers answers(targets_.size(), std::vector(folds_.size(), std::vector<double>(rows(), 0)));
    parallel_for(targets_.size(), threads_, [&](std::size_t target) {
      for (std::size_t own = 0; own < folds_.size(); ++own) {
        for (std::size_t other = 0; other < folds_.size(); ++other) {
          const Solution& model = models[target][own * folds_.size() + other];
          for (const std::size_t row : folds_[own].scored) answers[target][other][row] = answer(model, row);
        }
      }
    });
    return answers;
  }

 private:
  [[nodiscard]] std::size_t rows() const { return targets_.front().size(); }

  [[nodiscard]] const float* row_of(const std::vector<float>& cell, std::size_t row) const {
    return &cell[row * kernels_.learned];
  }

  // Indices of the learned rows that are among these.
  [[nodiscard]] Rows among_learned(const Rows& rows) const {
    Rows indices;
    for (std::size_t i = 0; i < learned_.size(); ++i) {
      if (std::ranges::binary_search(rows, learned_[i])) indices.push_back(i);
    }
    return indices;
  }

  // By target, and by set of rows: models that leave the set out.
  using Models = std::vector<std::vector<Solution>>;

  struct Chosen {
    std::vector<Regularisation> how;  // by target
    Models models;                    // of the folds
  };

  [[nodiscard]] Chosen choose(std::span<const double> strengths, std::span<const double> focuses) const {
    Chosen chosen;
    for (const double strength :
         choose_strengths(plain_, learned_targets_, learned_folds_, strengths, threads_))
      chosen.how.push_back({strength, 0});
    chosen.models.resize(targets_.size());
    const std::vector<Rows> sets = left_out_sets(folds_);
    const auto first = first_stage(sets, chosen.how);
    std::vector<double> least(targets_.size(), std::numeric_limits<double>::infinity());
    std::vector<Regularisation> tried = chosen.how;
    for (const double focus : focuses) {
      for (Regularisation& how : tried) how.focus = focus;
      Models models = second_stage(first, sets, tried);
      for (std::size_t target = 0; target < targets_.size(); ++target) {
        const double error = squared_error(models[target], target);
        if (error >= least[target]) continue;
        least[target] = error;
        chosen.how[target] = tried[target];
        chosen.models[target] = std::move(models[target]);
      }
    }
    return chosen;
  }

  // Over the folds; `models` are those of the folds.
  [[nodiscard]] double squared_error(std::span<const Solution> models, std::size_t target) const {
    double sum = 0;
    for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
      for (const std::size_t row : folds_[fold].scored)
        sum += std::pow(answer(models[fold], row) - targets_[target][row], 2);
    }
    return sum;
  }

  // Two folds that a model can leave out, and the rows that it leaves out then.
  struct Pairs {
    std::vector<std::pair<std::size_t, std::size_t>> folds;
    std::vector<Rows> left_out;
  };

  [[nodiscard]] Pairs pairs_of_folds() const {
    Pairs pairs;
    for (std::size_t a = 0; a < folds_.size(); ++a) {
      for (std::size_t b = a + 1; b < folds_.size(); ++b) {
        Rows both = left_out_by(folds_[a], folds_[b], rows());
        if (both == folds_[a].left_out) continue;  // too few rows would be left
        pairs.folds.emplace_back(a, b);
        pairs.left_out.push_back(std::move(both));
      }
    }
    return pairs;
  }

  // `how` is by target.
  [[nodiscard]] Models solve(std::span<const Rows> sets, std::span<const Regularisation> how) const {
    return second_stage(first_stage(sets, how), sets, how);
  }

  // By target and set.
  [[nodiscard]] std::vector<std::vector<DualModel>> first_stage(std::span<const Rows> sets,
                                                                std::span<const Regularisation> how) const {
    std::vector<Rows> left_out;
    for (const Rows& set : sets) left_out.push_back(among_learned(set));
    std::map<double, std::vector<std::size_t>> targets_with;  // by strength
    for (std::size_t i = 0; i < how.size(); ++i) targets_with[how[i].strength].push_back(i);
    std::vector<std::vector<DualModel>> models(targets_.size());
    for (const auto& [strength, targets] : targets_with) {
      std::vector<std::vector<double>> wanted;
      for (const std::size_t target : targets) wanted.push_back(learned_targets_[target]);
      auto solved = models_without(plain_, wanted, left_out, penalty(strength));
      for (std::size_t i = 0; i < targets.size(); ++i) models[targets[i]] = std::move(solved[i]);
    }
    return models;
  }

  [[nodiscard]] Models second_stage(std::span<const std::vector<DualModel>> first, std::span<const Rows> sets,
                                    std::span<const Regularisation> how) const {
    Models models(targets_.size(), std::vector<Solution>(sets.size()));
    parallel_for(targets_.size() * sets.size(), threads_, [&](std::size_t i) {
      compute_on_this_thread_alone();
      const std::size_t target = i / sets.size(), set = i % sets.size();
      models[target][set] =
          focused(cell_weights(first[target][set].dual, how[target].focus), among_learned(sets[set]),
                  learned_targets_[target], penalty(how[target].strength));
    });
    return models;
  }

  [[nodiscard]] double penalty(double strength) const {
    return penalty_of(strength, learned_.size(), learned_folds_);
  }

  [[nodiscard]] Solution focused(std::vector<double> weights, const Rows& left_out,
                                 std::span<const double> target, double penalty) const {
    Solution model{std::move(weights), std::vector<double>(learned_.size(), 0), 0};
    Rows kept;
    for (std::size_t i = 0; i < learned_.size(); ++i) {
      if (!std::ranges::binary_search(left_out, i)) kept.push_back(i);
    }
    Matrix kernel = kernel_between(kept, model.weights);
    for (std::size_t i = 0; i < kept.size(); ++i) kernel(i, i) += penalty;
    const Cholesky factor(kernel);
    std::vector<double> wanted;
    for (const std::size_t i : kept) wanted.push_back(target[i]);
    const std::vector<double> of_target = factor.solve(wanted);
    const std::vector<double> of_ones = factor.solve(std::vector<double>(kept.size(), 1));
    const double mean = sum_of(of_target) / sum_of(of_ones);  // unpenalised, so the dual weights add up to 0
    for (std::size_t i = 0; i < kept.size(); ++i) model.dual[kept[i]] = of_target[i] - mean * of_ones[i];
    // It expects the mean target of all rows (ridge.cpp tells why).
    const auto count = static_cast<double>(kept.size());
    model.offset = mean + sum_of(target) / static_cast<double>(target.size()) - sum_of(wanted) / count;
    return model;
  }

  // By cell; with them the diagonal of the learned rows' kernel is 1 on average.
  [[nodiscard]] std::vector<double> cell_weights(std::span<const double> dual, double focus) const {
    std::vector<double> energies;
    for (const std::vector<float>& cell : kernels_.cells) energies.push_back(energy(cell, dual));
    const double mean = sum_of(energies) / sum_of(kernels_.shares);
    std::vector<double> weights;
    double trace = 0;
    for (std::size_t cell = 0; cell < energies.size(); ++cell) {
      const double share = kernels_.shares[cell];
      const double density = mean > 0 && share > 0 ? energies[cell] / share / mean : 1;
      weights.push_back(std::pow(std::max(density, 0.0) + recipe::kLeastEnergy, focus));
      trace += weights.back() * traces_[cell];
    }
    if (trace > 0) {
      for (double& weight : weights) weight *= static_cast<double>(learned_.size()) / trace;
    }
    return weights;
  }

  // The squared weights of the cell's features.
  [[nodiscard]] double energy(const std::vector<float>& cell, std::span<const double> dual) const {
    double sum = 0;
    for (std::size_t i = 0; i < learned_.size(); ++i) {
      if (dual[i] != 0)
        sum += dual[i] * std::inner_product(dual.begin(), dual.end(), row_of(cell, learned_[i]), 0.0);
    }
    return sum;
  }

  [[nodiscard]] Matrix kernel_between(const Rows& kept, std::span<const double> weights) const {
    Matrix kernel(kept.size(), kept.size());
    for (std::size_t cell = 0; cell < weights.size(); ++cell) {
      for (std::size_t i = 0; i < kept.size(); ++i) {
        const float* row = row_of(kernels_.cells[cell], learned_[kept[i]]);
        double* sums = &kernel(i, 0);
        for (std::size_t k = 0; k <= i; ++k) sums[k] += weights[cell] * row[kept[k]];
      }
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) kernel(k, i) = kernel(i, k);
    }
    return kernel;
  }

  [[nodiscard]] double answer(const Solution& model, std::size_t row) const {
    double sum = model.offset;
    for (std::size_t cell = 0; cell < model.weights.size(); ++cell) {
      sum += model.weights[cell] *
             std::inner_product(model.dual.begin(), model.dual.end(), row_of(kernels_.cells[cell], row), 0.0);
    }
    return sum;
  }

  // By row the mean answer of the models without its fold and another one, or else of the one without its
  // fold.
  [[nodiscard]] std::vector<double> unseen(std::span<const Solution> without_one,
                                           std::span<const Solution> without_two, const Pairs& pairs) const {
    std::vector<std::vector<const Solution*>> models_of(folds_.size());
    for (std::size_t i = 0; i < without_two.size(); ++i) {
      models_of[pairs.folds[i].first].push_back(&without_two[i]);
      models_of[pairs.folds[i].second].push_back(&without_two[i]);
    }
    std::vector<double> answers(rows(), 0);
    for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
      if (models_of[fold].empty()) models_of[fold].push_back(&without_one[fold]);
      const auto count = static_cast<double>(models_of[fold].size());
      for (const std::size_t row : folds_[fold].scored) {
        for (const Solution* model : models_of[fold]) answers[row] += answer(*model, row) / count;
      }
    }
    return answers;
  }

  [[nodiscard]] FocusedModel average(std::span<const Solution> models) const {
    FocusedModel mean{std::vector(kernels_.cells.size(), std::vector<double>(learned_.size(), 0)), 0};
    const auto count = static_cast<double>(models.size());
    for (const Solution& model : models) {
      mean.offset += model.offset / count;
      for (std::size_t cell = 0; cell < mean.duals.size(); ++cell) {
        for (std::size_t i = 0; i < learned_.size(); ++i)
          mean.duals[cell][i] += model.weights[cell] * model.dual[i] / count;
      }
    }
    return mean;
  }

  const CellKernels& kernels_;
  const std::span<const std::size_t> learned_;
  const std::span<const std::vector<double>> targets_;
  const std::span<const HeldOut> folds_;
  const int threads_;
  Matrix plain_;                                      // kernel of all cells between learned rows
  std::vector<double> traces_;                        // by cell, of its kernel between learned rows
  std::vector<std::vector<double>> learned_targets_;  // by target and learned row
  std::vector<HeldOut> learned_folds_;                // the folds, as indices of learned rows
};

}  // namespace

std::vector<FocusedFit> fit_focused_ridge(const FocusedRows& rows, std::span<const HeldOut> folds,
                                          std::span<const double> strengths, std::span<const double> focuses,
                                          int threads) {
  return FocusedRidge(rows, folds, threads).fit(strengths, focuses);
}

CrossedAnswers cross_focused_ridge(const FocusedRows& rows, std::span<const HeldOut> folds,
                                   std::span<const Regularisation> how, int threads) {
  return FocusedRidge(rows, folds, threads).crossed(how);
}

std::vector<double> answers_to_all(const CellKernels& kernels, const FocusedModel& model) {
  std::vector<double> answers(kernels.cells.front().size() / kernels.learned, model.offset);
  for (std::size_t cell = 0; cell < kernels.cells.size(); ++cell) {
    const std::vector<float>& values = kernels.cells[cell];
    for (std::size_t row = 0; row < answers.size(); ++row) {
      const float* of_row = &values[row * kernels.learned];
      answers[row] += std::inner_product(model.duals[cell].begin(), model.duals[cell].end(), of_row, 0.0);
    }
  }
  return answers;
}

}  // namespace mainstream
