// The price of a budget: docs/scheduling.md, "How the search works".
//
// At a price per unit of cost, a point (a choice with a cost and a value) is worth value - price * cost. The
// higher the price, the cheaper the point that is worth most. The search finds the price at which that point
// changes from over the budget to within it: it keeps one point on each side, and tries the price at which
// both are worth the same, the slope of the secant through them. That minimises the Lagrangian dual, so worth
// + price * budget is the lowest upper bound on value that a price can give.
#pragma once

#include <cmath>
#include <optional>
#include <utility>

#include "mainstream/scheduler.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {

// `Point` has cost, value and worth(price).
template <typename Point>
struct PriceBracket {
  double price = 0;           // the last one tried; 0 when the most valuable point is within the budget
  double worth = 0;           // of the best point at that price
  Point under;                // the most valuable point found within the budget
  std::optional<Point> over;  // the cheapest one found above it; nothing when the price is 0
};

// `cheapest` must be within the budget, `guess` is a price to begin with, 0 for none. `best_at(price)` gives
// the point that is worth most at a price; where it misses a better one at times, the price is less good.
template <typename Point, typename BestAt>
[[nodiscard]] PriceBracket<Point> search_price(Point cheapest, double budget, double guess,
                                               const BestAt& best_at) {
  constexpr int kMostRounds = 40;  // secants settle in five to ten
  PriceBracket<Point> bracket{0, 0, std::move(cheapest), best_at(0.0)};
  Point& under = bracket.under;
  Point& over = *bracket.over;
  if (within_budget(over.cost, budget)) {
    bracket.worth = over.value;
    if (over.value >= under.value) under = std::move(over);
    bracket.over.reset();
    return bracket;
  }
  const auto secant = [&] { return (over.value - under.value) / (over.cost - under.cost); };
  double price = guess > 0 ? guess : secant();
  for (int round = 0; round < kMostRounds; ++round) {
    bracket.price = price;
    Point found = best_at(price);
    bracket.worth = found.worth(price);
    const bool settled = bracket.worth <= std::max(under.worth(price), over.worth(price)) + kPriceGain;
    if (within_budget(found.cost, budget)) {
      if (found.value >= under.value) under = std::move(found);
    } else if (found.cost < over.cost) {
      over = std::move(found);
    }
    const double next = secant();
    if ((settled && std::abs(next - price) <= kPriceChange * price) || next <= 0) break;
    price = next;
  }
  return bracket;
}

}  // namespace mainstream
