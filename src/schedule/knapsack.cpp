#include "schedule/knapsack.hpp"

#include <algorithm>

#include "mainstream/scheduler.hpp"
#include "schedule/same.hpp"

namespace mainstream {
namespace {

// What is best at a price, when every class takes what is best for itself.
struct Line {
  double cost = 0, value = 0;
  [[nodiscard]] double worth(double price) const { return value - price * cost; }
};

Line best_at(const std::vector<ItemClass>& classes, double price) {
  Line line;
  for (const ItemClass& items : classes) {
    const Item* best = &items.front();
    for (const Item& item : items) {  // by rising cost: of equal ones the cheapest
      if (item.value - price * item.cost > best->value - price * best->cost) best = &item;
    }
    line.cost += best->cost;
    line.value += best->value;
  }
  return line;
}

// The linear relaxation: the price at which the budget is just used up, the bound that follows, and the
// best value found within the budget.
struct Relaxed {
  double price = 0, bound = 0, found = 0;
};

Relaxed relax(const std::vector<ItemClass>& classes, double budget, double guess) {
  Line over = best_at(classes, 0);  // the most valuable items
  if (within_budget(over.cost, budget)) return {0, over.value, over.value};
  Line under;
  for (const ItemClass& items : classes) {
    under.cost += items.front().cost;
    under.value += items.front().value;
  }
  double price = guess > 0 ? guess : (over.value - under.value) / (over.cost - under.cost);
  for (int round = 0; round < 100; ++round) {
    const Line line = best_at(classes, price);
    const bool crossing = line.worth(price) <= std::max(under.worth(price), over.worth(price)) + 1e-12;
    if (within_budget(line.cost, budget)) {
      if (line.value > under.value || line.cost < under.cost) under = line;
    } else {
      over = line;
    }
    const double next = (over.value - under.value) / (over.cost - under.cost);
    if (crossing && round > 0) break;
    price = next;
  }
  return {price, best_at(classes, price).worth(price) + price * budget, under.value};
}

}  // namespace

KnapsackAnswer solve_knapsack(std::vector<ItemClass> classes, double budget, double floor, double price,
                              std::size_t most) {
  double cheapest = 0;
  for (ItemClass& items : classes) {
    if (items.empty()) return {};
    keep_undominated(items);
    cheapest += items.front().cost;
  }
  if (!within_budget(cheapest, budget)) return {};
  const Relaxed relaxed = relax(classes, budget, price);
  if (relaxed.bound < floor) return {};

  MergeLimits limits;
  limits.budget = budget + 1e-9 * std::max(1.0, budget);
  limits.prices = {relaxed.price, relaxed.price * 0.6, relaxed.price * 1.6};
  limits.reach = budget;
  limits.floor = std::max(floor, relaxed.found - kSame);
  limits.most = most;
  const ParetoMerge merge(classes, limits);
  const auto& ways = merge.ways();
  KnapsackAnswer answer{std::nullopt, merge.complete()};
  if (ways.empty()) return answer;
  const double best = ways.back().value;
  const auto way = static_cast<std::size_t>(
      std::find_if(ways.begin(), ways.end(), [&](const auto& w) { return w.value > best - kSame; }) -
      ways.begin());
  answer.best = {ways[way].cost, ways[way].value, merge.items(way)};
  return answer;
}

}  // namespace mainstream
