#include "schedule/shape_items.hpp"

namespace mainstream {
namespace {

bool allows(const Shape& shape, const InstanceOption& option) {
  if (option.level == 0) return true;
  const auto level = static_cast<std::size_t>(option.level);
  return option.rate <= shape.rate[level] && option.stem_precision == shape.precision[level];
}

}  // namespace

std::vector<ItemClass> shape_items(const Instance& instance, const StemTables& tables, const Shape& shape,
                                   double slack) {
  std::vector<ItemClass> classes;
  for (const std::size_t app : tables.stem().apps) {
    const auto& options = instance.apps[app].options;
    const auto worth = [&](double value, double cost) { return value - tables.price() * cost; };
    double least = StemTables::kNever;
    ItemClass& items = classes.emplace_back();
    for (std::size_t o = 0; o < options.size(); ++o) {
      const InstanceOption& option = options[o];
      const double here = worth(option.value, option.own_cost);
      if (here < least || !allows(shape, option)) continue;
      items.push_back({option.own_cost, option.value, o});
      least = std::max(least, here - slack);
    }
    std::erase_if(items, [&](const auto& item) { return worth(item.value, item.cost) < least; });
  }
  return classes;
}

}  // namespace mainstream
