#include "event/event_score.hpp"

#include <algorithm>
#include <cmath>

namespace mainstream {

float event_score(std::span<const float> logits, std::span<const std::size_t> positive) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double all = 0;
  for (const float logit : logits) all += std::exp(logit - highest);
  double wanted = 0;
  for (const std::size_t index : positive) wanted += std::exp(logits[index] - highest);
  return static_cast<float>(std::min(wanted / all, 1.0));
}

}  // namespace mainstream
