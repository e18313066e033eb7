// Bisection where a no may be unproven: docs/scheduling.md, "How the search works".
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

namespace mainstream {

// What a try of an index found.
struct BisectionTry {
  std::optional<std::size_t> reached;  // this index or a higher one; nothing: none
  bool certain = true;                 // whether a no is proven
};

struct Bisection {
  std::optional<std::size_t> highest;  // that was reached
  std::size_t refuted = 0;             // the lowest index that is proven to be out of reach, or `size`
};

// `try_at(index)` tells whether an index below `size`, which is not 0, can be reached. What can be reached
// from an index can be reached from all below it, though an unproven no may hide that.
template <typename TryAt>
[[nodiscard]] Bisection bisect(std::size_t size, const TryAt& try_at) {
  Bisection found{std::nullopt, size};
  const auto reach = [&](std::size_t index) {
    const BisectionTry result = try_at(index);
    if (result.reached) found.highest = std::max(index, *result.reached);
    if (!result.reached && result.certain) found.refuted = index;
    return result.reached.has_value();
  };
  if (!reach(0)) return found;
  std::size_t high = size;  // not reached
  while (*found.highest + 1 < high) {
    const std::size_t middle = *found.highest + (high - *found.highest) / 2;
    if (!reach(middle)) high = middle;
  }
  return found;
}

}  // namespace mainstream
