#include "schedule/search/knapsack.hpp"

#include <algorithm>

#include "schedule/search/price_search.hpp"
#include "schedule/search/undominated.hpp"

namespace mainstream {
namespace {

// A choice without its items.
struct Total {
  double cost = 0, value = 0;
  [[nodiscard]] double worth(double price) const { return value - price * cost; }
};

// The best choice at a price: each class takes its own best item.
Total best_at(const std::vector<ItemClass>& classes, double price) {
  Total total;
  for (const ItemClass& items : classes) {
    const Item* best = &items.front();
    for (const Item& item : items) {  // by rising cost: of equal ones the cheapest
      if (item.value - price * item.cost > best->value - price * best->cost) best = &item;
    }
    total.cost += best->cost;
    total.value += best->value;
  }
  return total;
}

}  // namespace

KnapsackResult solve_knapsack(std::vector<ItemClass> classes, double budget, double floor, double price,
                              std::size_t most, const std::function<bool()>& stop) {
  Total cheapest;
  for (ItemClass& items : classes) {
    if (items.empty()) return {};
    keep_undominated(items);
    cheapest.cost += items.front().cost;
    cheapest.value += items.front().value;
  }
  if (!within_budget(cheapest.cost, budget)) return {};
  const auto relaxed = search_price(cheapest, budget, price, [&](double at) { return best_at(classes, at); });
  if (relaxed.worth + relaxed.price * budget < floor) return {};

  MergeLimits limits;
  limits.budget = budget + budget_tolerance(budget);
  // Bounds at prices to both sides cut off combinations that are far from the budget.
  limits.prices = {relaxed.price, relaxed.price * 0.6, relaxed.price * 1.6};
  limits.reach = budget;
  limits.floor = std::max(floor, relaxed.under.value - kEqual);
  limits.most = most;
  limits.stop = stop;
  const ParetoMerge merge(classes, limits);
  const auto& front = merge.front();
  KnapsackResult result{std::nullopt, merge.complete()};
  if (front.empty()) return result;
  const double highest = front.back().value;
  const auto best = std::ranges::find_if(front, [&](const auto& c) { return c.value > highest - kEqual; });
  result.best = {best->cost, best->value, merge.items(static_cast<std::size_t>(best - front.begin()))};
  return result;
}

}  // namespace mainstream
