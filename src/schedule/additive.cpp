#include "schedule/additive.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

constexpr int kRounds = 100;
constexpr int kMomentRounds = 6;
constexpr double kSmoothing = 0.1;  // standard deviation of the kernel, in depth

double weight_of(double variance) {
  return 1 / std::max(variance, kNoVariance);
}

// Fits app effects and candidate effects in turn until they settle.
void fit_effects(std::span<const Observation> observations, std::span<const double> weights,
                 AdditiveFit& fit) {
  std::vector<double> app_weights(fit.apps.size(), 0.0), weights_of(fit.candidates.size(), 0.0);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    app_weights[observations[i].app] += weights[i];
    weights_of[observations[i].candidate] += weights[i];
  }
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> apps(fit.apps.size(), 0.0), candidates(fit.candidates.size(), 0.0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const Observation& o = observations[i];
      apps[o.app] += weights[i] / app_weights[o.app] * (o.value - fit.candidates[o.candidate]);
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const Observation& o = observations[i];
      candidates[o.candidate] += weights[i] / weights_of[o.candidate] * (o.value - apps[o.app]);
    }
    double change = 0;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      change = std::max(change, std::abs(candidates[c] - fit.candidates[c]));
    }
    fit.apps = std::move(apps);
    fit.candidates = std::move(candidates);
    if (change < kSettledFit) break;
  }
  for (std::size_t a = 0; a < app_weights.size(); ++a)
    fit.app_variances[a] = 1 / std::max(app_weights[a], kNoVariance);
  for (std::size_t c = 0; c < weights_of.size(); ++c) {
    fit.candidate_variances[c] = weights_of[c] > 0 ? 1 / weights_of[c] : 0;
  }
}

// Kernel smoothing: the curve at a candidate is the weighted mean of the effects near it, its own included.
void fit_curve(std::span<const std::size_t> members, std::span<const CurvePlace> places, double between,
               AdditiveFit& fit) {
  const std::size_t size = members.size();
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t c = members[i];
    std::vector<double> share(size);
    double sum = 0;
    for (std::size_t j = 0; j < size; ++j) {
      const double away = (places[members[j]].depth - places[c].depth) / kSmoothing;
      share[j] = std::exp(-away * away / 2) * weight_of(between + fit.candidate_variances[members[j]]);
      sum += share[j];
    }
    double noise = 0, spread = 0;  // shares of the errors' and the candidates' variance in the deviation
    for (std::size_t j = 0; j < size; ++j) {
      fit.curve[c] += share[j] / sum * fit.candidates[members[j]];
      const double part = (i == j ? 1 : 0) - share[j] / sum;
      noise += part * part * fit.candidate_variances[members[j]];
      spread += part * part;
    }
    const double weight = weight_of(between + fit.candidate_variances[c]);
    fit.between.squares += weight * std::pow(fit.candidates[c] - fit.curve[c], 2);
    fit.between.noise += weight * noise;
    fit.between.weight += weight * spread;
  }
}

// The part of a deviation that is real on average.
double real_part(double variance, double noise) {
  return noise > kNoVariance ? variance / (variance + noise) : 1;
}

double excess(const AdditiveFit::Moments& moments) {
  return moments.weight > 0 ? std::max(0.0, (moments.squares - moments.noise) / moments.weight) : 0;
}

void add(AdditiveFit::Moments& sum, const AdditiveFit::Moments& more) {
  sum.squares += more.squares;
  sum.noise += more.noise;
  sum.weight += more.weight;
}

}  // namespace

AdditiveFit fit_additive(std::span<const Observation> observations, std::size_t apps,
                         std::span<const CurvePlace> places, const Components& components) {
  AdditiveFit fit;
  fit.apps.resize(apps);
  fit.candidates.resize(places.size());
  fit.app_variances = fit.apps;
  fit.curve = fit.candidate_variances = fit.candidates;
  std::vector<double> weights;
  for (const Observation& o : observations) weights.push_back(weight_of(components.within + o.variance));
  fit_effects(observations, weights, fit);
  std::vector<bool> app_used(apps), used(places.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Observation& o = observations[i];
    app_used[o.app] = used[o.candidate] = true;
    fit.within.squares += weights[i] * std::pow(o.value - fit.apps[o.app] - fit.candidates[o.candidate], 2);
    fit.within.noise += weights[i] * o.variance;
    fit.within.weight += weights[i];
  }
  // The fitted effects have taken their degrees of freedom.
  const auto effects = std::ranges::count(app_used, true) + std::ranges::count(used, true) - 1;
  const double left = std::max(0.0, 1 - static_cast<double>(effects) / static_cast<double>(weights.size()));
  fit.within.noise *= left;
  fit.within.weight *= left;
  std::map<int, std::vector<std::size_t>> groups;
  for (std::size_t c = 0; c < places.size(); ++c) {
    if (used[c]) groups[places[c].group].push_back(c);
  }
  for (const auto& [group, members] : groups) fit_curve(members, places, components.between, fit);
  return fit;
}

Components components_of(std::span<const std::vector<Observation>> figures, std::size_t apps,
                         std::span<const CurvePlace> places) {
  double noise = 0, count = 0;
  for (const auto& observations : figures) {
    for (const Observation& o : observations) noise += o.variance;
    count += static_cast<double>(observations.size());
  }
  const double typical = count > 0 ? noise / count : 0;
  Components components{typical, typical};
  for (int round = 0; round < kMomentRounds; ++round) {
    AdditiveFit::Moments within, between;
    for (const auto& observations : figures) {
      const AdditiveFit fit = fit_additive(observations, apps, places, components);
      add(within, fit.within);
      add(between, fit.between);
    }
    components = {excess(within), excess(between)};
  }
  return components;
}

Estimate estimate(const AdditiveFit& fit, const Components& components, const Observation& seen) {
  const std::size_t c = seen.candidate;
  const double k_candidate = real_part(components.between, fit.candidate_variances[c]);
  const double effect = fit.curve[c] + k_candidate * (fit.candidates[c] - fit.curve[c]);
  const double expected = fit.apps[seen.app] + effect;
  const double k = real_part(components.within, seen.variance);
  const double expected_variance = k_candidate * fit.candidate_variances[c] + fit.app_variances[seen.app];
  return {expected + k * (seen.value - expected), k * seen.variance + (1 - k) * (1 - k) * expected_variance};
}

}  // namespace mainstream
