// Filling a shape: one option for each app of a stem, among those that the shape allows.
#pragma once

#include "schedule/search/knapsack.hpp"
#include "schedule/search/priced_stem.hpp"

namespace mainstream {

// For each app of the stem, the options (Item::index into InstanceApp::options) that the shape allows and
// that are worth at most `slack` less than the app's best one, at the stem's price.
[[nodiscard]] std::vector<ItemClass> items_of_shape(const Instance& instance, const PricedStem& stem,
                                                    const StemShape& shape, double slack);

// One option for each app of a stem.
struct StemFilling {
  double cost = 0, value = 0;        // with the cost of the stem
  std::vector<std::size_t> options;  // by app of the stem
};

struct FillLimits {
  double budget = 0;     // for the stem and its apps
  double floor = 0;      // fillings worth less at the stem's price do not count
  std::size_t most = 0;  // as in MergeLimits
  std::function<bool()> stop = {};
};

// Adds all undominated fillings of a shape. False when `most` was reached, so that some may be missing.
[[nodiscard]] bool add_fillings(const Instance& instance, const PricedStem& stem, const ShapeWorth& shape,
                                const FillLimits& limits, std::vector<StemFilling>& fillings);

}  // namespace mainstream
