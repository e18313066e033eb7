// Exact search over the shapes of one stem at a price.
#pragma once

#include <functional>

#include "schedule/climb.hpp"
#include "schedule/shares.hpp"

namespace mainstream {

struct SearchLimit {
  long nodes = 0;              // so many more may be looked at
  std::function<bool()> stop;  // asked now and then; may be empty
  bool reached = false;        // the search ended early

  [[nodiscard]] bool count_node();
};

// Calls `visit` for every shape that is worth at least the cutoff, less worthy ones perhaps among them.
// `visit` returns the cutoff from then on. With `only_used`, shapes are left out of which some part would
// serve nobody: for each corner (the last level of a rate) some app must be able to use exactly that level
// and rate without the whole falling below the cutoff. Tables and shares must be up to date.
void search_shapes(const StemTables& tables, const Shares& shares, bool only_used, double cutoff,
                   SearchLimit& limit, const std::function<double(const Shape&, double worth)>& visit);

// The worthiest shape, within `tolerance`. `upper` bounds the worth of all shapes also when the limit was
// reached. Improves the shares as far as that pays.
struct BestShape {
  WorthyShape best;
  double upper = 0;
};
[[nodiscard]] BestShape best_shape(const StemTables& tables, Shares& shares, const WorthyShape& known,
                                   double tolerance, SearchLimit& limit);

}  // namespace mainstream
