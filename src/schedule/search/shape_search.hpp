// Branch and bound over the shapes of one stem at a price. docs/scheduling.md, "How the search works", has an
// example.
#pragma once

#include <functional>

#include "schedule/search/stem_bound.hpp"

namespace mainstream {

struct SearchLimit {
  long nodes = 0;              // as many nodes may still be visited
  std::function<bool()> stop;  // asked now and then; may be empty
  bool reached = false;        // the search ended early

  // Counts one more node; true when the search must end.
  [[nodiscard]] bool count_node();
};

// Which shapes a search visits.
enum class ShapesWanted {
  all,
  // Not those with a part that serves nobody: for each corner (the last level of a run of one rate and type)
  // some app must be able to use exactly that level and rate without the whole falling below the cutoff.
  used,
};

// Calls `visit` for every wanted shape that is worth at least the cutoff; others may be among them. `visit`
// returns the cutoff from then on.
void search_shapes(const PricedStem& stem, const StemBound& bound, ShapesWanted wanted, double cutoff,
                   SearchLimit& limit, const std::function<double(const StemShape&, double worth)>& visit);

// The shape that is worth most, within `tolerance`.
struct BestShape {
  ShapeWorth best;
  double upper = 0;  // no shape is worth more, also when the limit was reached
};
// `known` is any shape with its worth. Improves the bound as far as that pays.
[[nodiscard]] BestShape best_shape(const PricedStem& stem, StemBound& bound, const ShapeWorth& known,
                                   double tolerance, SearchLimit& limit);

}  // namespace mainstream
