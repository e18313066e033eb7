// Local search over the shapes of a stem.
#pragma once

#include "schedule/search/priced_stem.hpp"

namespace mainstream {

// Steepest ascent from `start`: takes the best of all simple moves until none gains. A move raises the rates
// of all levels up to one level to at least some rate, or lowers those from one level on to at most some
// rate, or does the same with number types. Nearly always the best shape of all, but without proof.
[[nodiscard]] ShapeWorth improve_shape(const PricedStem& stem, StemShape start);

// The best result from the full shapes, one for each number type, that allow every option of the type.
[[nodiscard]] ShapeWorth improve_full_shapes(const PricedStem& stem);

}  // namespace mainstream
