// Isotonic regression.
#pragma once

#include <span>
#include <vector>

namespace mainstream {

// The non-decreasing sequence nearest to `values` by squared distance: neighbours that fall are averaged
// ("pool adjacent violators", Ayer et al. 1955). In linear time.
[[nodiscard]] std::vector<double> non_decreasing(std::span<const double> values);

}  // namespace mainstream
