#pragma once

#include "schedule/pareto_merge.hpp"
#include "schedule/stem_tables.hpp"

namespace mainstream {

// For each app of the tables' stem, the options (by index into InstanceApp::options) that a shape allows and
// that are worth at most `slack` less than the app's best one.
[[nodiscard]] std::vector<ItemClass> shape_items(const Instance& instance, const StemTables& tables,
                                                 const Shape& shape, double slack);

// One way to set all apps of a stem.
struct StemWay {
  double cost = 0, value = 0;        // with the stem's own cost
  std::vector<std::size_t> options;  // of the stem's apps
};

}  // namespace mainstream
