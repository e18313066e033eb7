// Isotonic regression.
#pragma once

#include <span>
#include <vector>

namespace mainstream {

// The non-decreasing sequence nearest to `values` in squared distance. Pool adjacent violators (Ayer et al.
// 1955): falling neighbours are averaged. Linear time.
[[nodiscard]] std::vector<double> non_decreasing(std::span<const double> values);

}  // namespace mainstream
