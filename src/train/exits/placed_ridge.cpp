// Adaptive ridge (Grandvalet 1998) with groups of features, as in the adaptive group lasso (Wang and Leng
// 2008). A cell's kernel is weighted by w = (e / mean e + floor) ^ focus, where e is the energy of the first
// stage's weights in the cell by its share of the features: with the dual weights d it is d^T K d / share, K
// the cell's kernel. A model that leaves rows out does so in both stages, so its answers to them are honest.
// docs/training.md, "Exits", has what it brings.
#include "train/exits/placed_ridge.hpp"

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
struct FocusedModel {
  std::vector<double> weights;  // by cell
  std::vector<double> dual;     // by learned row
  double offset = 0;
};

class PlacedRidge {
 public:
  PlacedRidge(const PlacedRows& rows, std::span<const HeldOut> folds, int threads)
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
      learned_folds_.push_back({places_of(fold.scored), places_of(fold.left_out)});
  }

  [[nodiscard]] std::vector<PlacedFit> fit(std::span<const double> strengths,
                                           std::span<const double> focuses) const {
    const std::vector<Regularisation> chosen = choose(strengths, focuses);
    const Sets sets = sets_to_solve();
    const auto models = models_without_sets(sets.left_out, chosen);
    std::vector<PlacedFit> fits(targets_.size());
    parallel_for(fits.size(), threads_, [&](std::size_t target) {
      const std::span<const FocusedModel> of_target(models[target]);
      fits[target] = {chosen[target], average(of_target.first(folds_.size())),
                      mean_answers(of_target, sets.scored)};
    });
    return fits;
  }

  [[nodiscard]] CrossedAnswers crossed(std::span<const Regularisation> how) const {
    std::vector<Rows> sets;  // by own fold and the other one
    for (const HeldOut& own : folds_) {
      for (const HeldOut& other : folds_) sets.push_back(left_out_by(own, other, rows()));
    }
    const auto models = models_without_sets(sets, how);
    CrossedAnswers answers(targets_.size(), std::vector(folds_.size(), std::vector<double>(rows(), 0)));
    parallel_for(targets_.size(), threads_, [&](std::size_t target) {
      for (std::size_t own = 0; own < folds_.size(); ++own) {
        for (std::size_t other = 0; other < folds_.size(); ++other) {
          const FocusedModel& model = models[target][own * folds_.size() + other];
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

  // Where these rows are among the learned ones.
  [[nodiscard]] Rows places_of(const Rows& rows) const {
    Rows places;
    for (std::size_t i = 0; i < learned_.size(); ++i) {
      if (std::ranges::binary_search(rows, learned_[i])) places.push_back(i);
    }
    return places;
  }

  // By target.
  [[nodiscard]] std::vector<Regularisation> choose(std::span<const double> strengths,
                                                   std::span<const double> focuses) const {
    std::vector<Regularisation> tried, best;
    for (const double strength :
         choose_strengths(plain_, learned_targets_, learned_folds_, strengths, threads_))
      tried.push_back({strength, 0});
    best = tried;
    std::vector<double> least(targets_.size(), std::numeric_limits<double>::infinity());
    for (const double focus : focuses) {
      for (Regularisation& how : tried) how.focus = focus;
      const std::vector<double> errors = squared_errors(tried);
      for (std::size_t target = 0; target < targets_.size(); ++target) {
        if (errors[target] >= least[target]) continue;
        least[target] = errors[target];
        best[target] = tried[target];
      }
    }
    return best;
  }

  // By target, over the folds.
  [[nodiscard]] std::vector<double> squared_errors(std::span<const Regularisation> how) const {
    const auto models = models_without_sets(fold_sets(), how);
    std::vector<double> errors(targets_.size(), 0);
    parallel_for(targets_.size(), threads_, [&](std::size_t target) {
      for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
        for (const std::size_t row : folds_[fold].scored)
          errors[target] += std::pow(answer(models[target][fold], row) - targets_[target][row], 2);
      }
    });
    return errors;
  }

  // By model the rows that it leaves out, and those that it answers.
  struct Sets {
    std::vector<Rows> left_out, scored;
  };

  // The models without one fold each, then those without two, which answer. The model without one fold alone
  // answers where too few rows would be left without a second.
  [[nodiscard]] Sets sets_to_solve() const {
    Sets sets{fold_sets(), {}};
    for (const HeldOut& fold : folds_) sets.scored.push_back(fold.scored);
    for (std::size_t a = 0; a < folds_.size(); ++a) {
      for (std::size_t b = a + 1; b < folds_.size(); ++b) {
        Rows both = left_out_by(folds_[a], folds_[b], rows());
        if (both == folds_[a].left_out) continue;
        sets.left_out.push_back(std::move(both));
        Rows& answered = sets.scored.emplace_back();
        std::ranges::set_union(folds_[a].scored, folds_[b].scored, std::back_inserter(answered));
        sets.scored[a].clear();
        sets.scored[b].clear();
      }
    }
    return sets;
  }

  [[nodiscard]] std::vector<Rows> fold_sets() const {
    std::vector<Rows> sets;
    for (const HeldOut& fold : folds_) sets.push_back(fold.left_out);
    return sets;
  }

  // By target and set.
  [[nodiscard]] std::vector<std::vector<FocusedModel>> models_without_sets(
      std::span<const Rows> sets, std::span<const Regularisation> how) const {
    std::vector<Rows> left_out;
    for (const Rows& set : sets) left_out.push_back(places_of(set));
    std::map<double, std::vector<std::size_t>> targets_with;  // by strength
    for (std::size_t i = 0; i < how.size(); ++i) targets_with[how[i].strength].push_back(i);
    std::vector<std::vector<FocusedModel>> models(targets_.size(), std::vector<FocusedModel>(sets.size()));
    for (const auto& group : targets_with) {
      const std::vector<std::size_t>& targets = group.second;
      const double penalty = penalty_of(group.first, learned_.size(), learned_folds_);
      std::vector<std::vector<double>> wanted;
      for (const std::size_t target : targets) wanted.push_back(learned_targets_[target]);
      const auto first = models_without(plain_, wanted, left_out, penalty);
      parallel_for(targets.size() * sets.size(), threads_, [&](std::size_t i) {
        compute_on_this_thread_alone();
        const std::size_t place = i / sets.size(), set = i % sets.size();
        models[targets[place]][set] = focused(cell_weights(first[place][set].dual, how[targets[place]].focus),
                                              left_out[set], wanted[place], penalty);
      });
    }
    return models;
  }

  // The second stage.
  [[nodiscard]] FocusedModel focused(std::vector<double> weights, const Rows& left_out,
                                     std::span<const double> target, double penalty) const {
    FocusedModel model{std::move(weights), std::vector<double>(learned_.size(), 0), 0};
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

  [[nodiscard]] double answer(const FocusedModel& model, std::size_t row) const {
    double sum = model.offset;
    for (std::size_t cell = 0; cell < model.weights.size(); ++cell) {
      sum += model.weights[cell] *
             std::inner_product(model.dual.begin(), model.dual.end(), row_of(kernels_.cells[cell], row), 0.0);
    }
    return sum;
  }

  // By row the mean of the answers of the models that score it.
  [[nodiscard]] std::vector<double> mean_answers(std::span<const FocusedModel> models,
                                                 std::span<const Rows> scored) const {
    std::vector<double> sums(rows(), 0), counts(rows(), 0);
    for (std::size_t i = 0; i < models.size(); ++i) {
      for (const std::size_t row : scored[i]) {
        sums[row] += answer(models[i], row);
        ++counts[row];
      }
    }
    for (std::size_t row = 0; row < sums.size(); ++row) sums[row] /= counts[row];
    return sums;
  }

  [[nodiscard]] PlacedModel average(std::span<const FocusedModel> models) const {
    PlacedModel mean{std::vector(kernels_.cells.size(), std::vector<double>(learned_.size(), 0)), 0};
    const auto count = static_cast<double>(models.size());
    for (const FocusedModel& model : models) {
      mean.offset += model.offset / count;
      for (std::size_t cell = 0; cell < mean.duals.size(); ++cell) {
        for (std::size_t i = 0; i < learned_.size(); ++i)
          mean.duals[cell][i] += model.weights[cell] * model.dual[i] / count;
      }
    }
    return mean;
  }

  static double sum_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
  }

  const CellKernels& kernels_;
  const std::span<const std::size_t> learned_;
  const std::span<const std::vector<double>> targets_;
  const std::span<const HeldOut> folds_;
  const int threads_;
  Matrix plain_;                                      // kernel of all cells between learned rows
  std::vector<double> traces_;                        // by cell, of its kernel between learned rows
  std::vector<std::vector<double>> learned_targets_;  // by target and learned row
  std::vector<HeldOut> learned_folds_;                // the folds, as places among the learned rows
};

}  // namespace

std::vector<PlacedFit> fit_placed_ridge(const PlacedRows& rows, std::span<const HeldOut> folds,
                                        std::span<const double> strengths, std::span<const double> focuses,
                                        int threads) {
  return PlacedRidge(rows, folds, threads).fit(strengths, focuses);
}

CrossedAnswers cross_placed_ridge(const PlacedRows& rows, std::span<const HeldOut> folds,
                                  std::span<const Regularisation> how, int threads) {
  return PlacedRidge(rows, folds, threads).crossed(how);
}

std::vector<double> answers_to_all(const CellKernels& kernels, const PlacedModel& model) {
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
