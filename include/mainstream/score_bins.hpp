// How scores are distributed: counts in a few bins that are the same everywhere, so that counts of
// validation, of another day and of another machine can be compared.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace mainstream {

// Most scores are near 0 or 1, where equal bins would tell nothing apart. So bins are even on the logit
// scale, log(p / (1 - p)): below -7, -7 to -6, .., 6 to 7, above 7. In scores the ends are 0.0009, 0.0025,
// 0.0067, 0.018, 0.047, 0.12, 0.27, 0.5, and so on up to 0.9991.
constexpr std::size_t kScoreBins = 16;

using ScoreCounts = std::array<std::int64_t, kScoreBins>;

// `score` is from 0 to 1.
[[nodiscard]] inline std::size_t score_bin(double score) {
  const double logit = std::log(score / (1 - score));
  if (!(logit > -7)) return 0;
  if (logit >= 7) return kScoreBins - 1;
  return static_cast<std::size_t>(std::floor(logit + 8));
}

// The score in the middle of a bin, on the logit scale.
[[nodiscard]] inline double score_in_bin(std::size_t bin) {
  return 1 / (1 + std::exp(7.5 - static_cast<double>(bin)));
}

}  // namespace mainstream
