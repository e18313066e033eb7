// An additive model of measurements of candidates in apps (two-way analysis of variance): app effect +
// candidate effect + rest, and how much of the rest is noise. docs/scheduling.md, "Estimates".
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mainstream {

struct Observation {
  std::size_t app = 0, candidate = 0;
  double value = 0, variance = 0;  // variance of its error
};

// Where a candidate lies: the candidates of one group lie near one smooth curve over depth.
struct CurvePlace {
  int group = 0;
  double depth = 0;  // 0..1
};

// Variances of the differences that are not errors.
struct Components {
  double within = 0;   // a candidate is better or worse in one app than in others
  double between = 0;  // a candidate's effect lies off the curve
};

struct AdditiveFit {
  std::vector<double> apps, candidates;  // effects: an observation is near the sum of its two
  std::vector<double> app_variances, candidate_variances;  // of the errors of the effects
  std::vector<double> curve;  // candidates' effects smoothed over depth within their group
  // Weighted sum of squared deviations, the part that errors have in it, and the sum of weights: for
  // observations around the effects (within), and for candidates' effects around the curve (between).
  struct Moments {
    double squares = 0, noise = 0, weight = 0;
  };
  Moments within, between;
};

// Weighted least squares with the best weights for these components. `places`: by candidate. Apps and
// candidates without an observation get effect 0.
[[nodiscard]] AdditiveFit fit_additive(std::span<const Observation> observations, std::size_t apps,
                                       std::span<const CurvePlace> places, const Components& components);

// By the method of moments. `figures`: several quantities of the same candidates, each with its observations.
[[nodiscard]] Components components_of(std::span<const std::vector<Observation>> figures, std::size_t apps,
                                       std::span<const CurvePlace> places);

struct Estimate {
  double value = 0, variance = 0;
};
// The empirical Bayes estimate of the true value behind an observation.
[[nodiscard]] Estimate estimate(const AdditiveFit& fit, const Components& components,
                                const Observation& seen);

}  // namespace mainstream
