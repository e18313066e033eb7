#include "schedule/shape_items.hpp"

namespace mainstream {
namespace {

bool allows(const Shape& shape, const InstanceOption& option) {
  if (option.level == 0) return true;
  const auto level = static_cast<std::size_t>(option.level);
  return option.rate <= shape.rate[level] && option.choice.stem_precision == shape.precision[level];
}

}  // namespace

std::vector<ItemClass> shape_items(const Instance& instance, const StemTables& tables, const Shape& shape,
                                   double slack) {
  std::vector<ItemClass> classes;
  for (const std::size_t app : tables.stem().apps) {
    const auto& options = instance.apps[app].options;
    const auto worth = [&](const InstanceOption& option) {
      return option.value - tables.price() * option.own_cost;
    };
    double best = StemTables::kNever;
    for (const InstanceOption& option : options) {
      if (allows(shape, option)) best = std::max(best, worth(option));
    }
    ItemClass& items = classes.emplace_back();
    for (std::size_t o = 0; o < options.size(); ++o) {
      if (allows(shape, options[o]) && worth(options[o]) >= best - slack) {
        items.push_back({options[o].own_cost, options[o].value, o});
      }
    }
  }
  return classes;
}

}  // namespace mainstream
