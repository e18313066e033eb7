#pragma once

#include "schedule/stem_tables.hpp"

namespace mainstream {

struct WorthyShape {
  Shape shape;
  double worth = 0;
};

// Changes a shape by the best of all simple moves (raise a front part to some rate, lower a rear part to some
// rate, the same with precisions) until none makes it worth more at the tables' price.
[[nodiscard]] WorthyShape climb(const StemTables& tables, Shape start);

// The best of the climbs from the full shapes, in which every option of one precision is allowed.
[[nodiscard]] WorthyShape climb_down(const StemTables& tables);

}  // namespace mainstream
