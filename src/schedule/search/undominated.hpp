// Fronts: of ways with a cost and a value, those that no other way dominates (costs at most as much and is
// worth at least as much).
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace mainstream {

// The order of a front: by cost, and of equal costs the more valuable first.
template <typename Way>
[[nodiscard]] bool is_cheaper(const Way& a, const Way& b) {
  return a.cost != b.cost ? a.cost < b.cost : a.value > b.value;
}

// Drops dominated ways from a vector in the order of is_cheaper; what is left rises in cost and value.
template <typename Way>
void drop_dominated(std::vector<Way>& sorted) {
  std::size_t kept = 0;
  for (Way& way : sorted) {
    if (kept > 0 && way.value <= sorted[kept - 1].value) continue;
    if (&sorted[kept] != &way) sorted[kept] = std::move(way);
    ++kept;
  }
  sorted.resize(kept);
}

template <typename Way>
void keep_undominated(std::vector<Way>& ways) {
  std::sort(ways.begin(), ways.end(), is_cheaper<Way>);
  drop_dominated(ways);
}

}  // namespace mainstream
