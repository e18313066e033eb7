#include "schedule/search/shape_filling.hpp"

#include "schedule/search/undominated.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

bool allows(const StemShape& shape, const AppOption& option) {
  if (option.level == 0) return true;
  const auto level = static_cast<std::size_t>(option.level);
  return option.rate <= shape.rate[level] && option.stem_type == shape.type[level];
}

}  // namespace

std::vector<ItemClass> items_of_shape(const Instance& instance, const PricedStem& stem,
                                      const StemShape& shape, double slack) {
  const auto worth = [&](double value, double cost) { return value - stem.price() * cost; };
  std::vector<ItemClass> classes;
  for (const std::size_t app : stem.table().grid().apps) {
    const auto& options = instance.apps[app].options;
    double least = kNever;
    ItemClass& items = classes.emplace_back();
    for (std::size_t o = 0; o < options.size(); ++o) {
      const AppOption& option = options[o];
      const double here = worth(option.value, option.own_cost);
      if (here < least || !allows(shape, option)) continue;
      items.push_back({option.own_cost, option.value, o});
      least = std::max(least, here - slack);
    }
    std::erase_if(items, [&](const Item& item) { return worth(item.value, item.cost) < least; });
  }
  return classes;
}

bool add_fillings(const Instance& instance, const PricedStem& stem, const ShapeWorth& shape,
                  const FillLimits& limits, std::vector<StemFilling>& fillings) {
  auto classes = items_of_shape(instance, stem, shape.shape, shape.worth - limits.floor + kEqual);
  for (ItemClass& items : classes) keep_undominated(items);
  const double stem_cost = stem.table().shape_cost(shape.shape);
  MergeLimits merging;
  merging.budget = limits.budget - stem_cost + budget_tolerance(limits.budget);
  merging.prices = {stem.price()};
  merging.floor = limits.floor + stem.price() * stem_cost - kEqual;
  merging.most = limits.most;
  merging.stop = limits.stop;
  const ParetoMerge merge(classes, merging);
  for (std::size_t f = 0; f < merge.front().size(); ++f) {
    fillings.push_back({merge.front()[f].cost + stem_cost, merge.front()[f].value, merge.items(f)});
  }
  return merge.complete();
}

}  // namespace mainstream
