// Figures of several candidates in several apps as a sum of what is the apps', what is the candidates', and a
// rest; and how much of the rest is noise.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mainstream {

struct Observation {
  std::size_t app = 0, candidate = 0;
  double value = 0, variance = 0;  // of its error
};

// Candidates of one group lie on one smooth curve over depth, more or less.
struct CurvePlace {
  int group = 0;
  double depth = 0;  // 0..1
};

// Variances of what makes figures differ besides their errors.
struct Components {
  double within = 0;   // of a candidate's own part in one app
  double between = 0;  // of a candidate's effect about the curve
};

struct AdditiveFit {
  std::vector<double> apps, candidates;  // effects: an observation is about the sum of its two
  std::vector<double> app_variances, candidate_variances;  // of their errors
  std::vector<double> curve;  // candidates' effects smoothed over depth, by group
  // Weighted sums of squares, the errors' part in them, and the weights: of observations about the effects,
  // and of candidates' effects about the curve.
  struct Moments {
    double squares = 0, noise = 0, weight = 0;
  };
  Moments within, between;
};

// Weighted least squares, the weights as they are best for these components. `places` are those of the
// candidates; apps and candidates that no observation names have no effect.
[[nodiscard]] AdditiveFit fit_additive(std::span<const Observation> observations, std::size_t apps,
                                       std::span<const CurvePlace> places, const Components& components);

// By the method of moments, over several figures of the same candidates: each with its observations.
[[nodiscard]] Components components_of(std::span<const std::vector<Observation>> figures, std::size_t apps,
                                       std::span<const CurvePlace> places);

struct Estimate {
  double value = 0, variance = 0;
};
// The empirical Bayes estimate of what an observation was of.
[[nodiscard]] Estimate estimate(const AdditiveFit& fit, const Components& components,
                                const Observation& seen);

}  // namespace mainstream
