#include "schedule/best_mean.hpp"

#include <algorithm>
#include <cmath>

#include "schedule/knapsack.hpp"
#include "schedule/relaxation.hpp"
#include "schedule/same.hpp"
#include "schedule/shape_items.hpp"

namespace mainstream {
namespace {

// How much is looked at: for an answer at once, and for a proof.
struct Effort {
  long nodes;
  std::size_t ways;  // kept when apps, or stems, are put together
};
constexpr Effort kFast{4'000, 2'000};
constexpr Effort kExact{2'000'000'000, 4'000'000};

class MeanSolver {
 public:
  MeanSolver(const Instance& instance, const MeanSearch& search)
      : instance_(instance), search_(search), relaxation_(instance) {}

  BestMean run() {
    Priced cheapest = relaxation_.cheapest();
    if (!within_budget(cheapest.cost, instance_.budget)) {
      SearchLimit limit{kExact.nodes, search_.exact ? search_.stop : nullptr};
      cheapest = relaxation_.prove_cheapest(std::move(cheapest), limit);
      result_.cheapest_cost = cheapest.cost;
      result_.proven = !limit.reached;
      if (!within_budget(cheapest.cost, instance_.budget)) return result_;
    }
    result_.cheapest_cost = cheapest.cost;
    cheapest_ = std::move(cheapest);
    for (const Assignment& start : search_.starts) offer(start);
    heuristic();
    if (search_.exact) prove();
    return result_;
  }

 private:
  void offer(const Assignment& assignment) {
    const auto cost = assignment_cost(instance_, assignment);
    if (!cost || !within_budget(*cost, instance_.budget)) return;
    Solution solution{assignment, value_of(instance_, assignment), *cost};
    if (!result_.best || better(solution, *result_.best)) result_.best = std::move(solution);
  }

  // Relaxes for a budget; true when the bound leaves room for a value of `floor`.
  bool relax(double budget, double floor, const Effort& effort) {
    Dual dual = find_price(relaxation_, cheapest_, budget, price_ > 0 ? price_ : search_.price);
    offer(dual.under.assignment);
    price_ = dual.price;
    Priced found = std::move(dual.under);
    if (dual.over && dual.over->worth(price_) > found.worth(price_)) found = std::move(*dual.over);
    SearchLimit limit{effort.nodes, search_.exact ? search_.stop : nullptr};
    Priced proven = relaxation_.prove(std::move(found), price_, 1e-11, limit);
    if (within_budget(proven.cost, budget)) offer(proven.assignment);
    upper_ = proven.upper;
    best_shapes_ = std::move(proven.shapes);
    relaxation_.set_price(price_);
    return upper_ + price_ * budget >= floor;
  }

  void heuristic() {
    relax(instance_.budget, 0, kFast);
    result_.price = price_;
    result_.bound = upper_ + price_ * instance_.budget;
    if (result_.best->value + kHigher >= result_.bound) return;
    if (instance_.stems.size() == 1) {
      try_top_shapes();
    } else {
      // All stems together get about the effort of one: the more there are, the finer they fill the budget.
      const Effort each{std::max<long>(50, kFast.nodes / std::ssize(instance_.stems)), kFast.ways};
      combine_stems(instance_.budget, result_.best->value + kHigher, each);
    }
  }

  // The shapes that are worth most at the price of the relaxation, each filled as well as can be.
  void try_top_shapes() {
    const std::size_t most = std::clamp<std::size_t>(600 / instance_.apps.size(), 16, 100);
    std::vector<WorthyShape> top;
    const auto less_worthy = [](const WorthyShape& a, const WorthyShape& b) { return a.worth > b.worth; };
    const double needed = result_.best->value - price_ * instance_.budget;
    SearchLimit limit{kFast.nodes, nullptr};
    search_shapes(relaxation_.tables(0), relaxation_.shares(0), true, needed, limit,
                  [&](const Shape& shape, double worth) {
                    top.push_back({shape, worth});
                    std::push_heap(top.begin(), top.end(), less_worthy);
                    if (top.size() <= most) return needed;
                    std::pop_heap(top.begin(), top.end(), less_worthy);
                    top.pop_back();
                    return std::max(needed, top.front().worth);
                  });
    std::sort_heap(top.begin(), top.end(), less_worthy);
    for (const WorthyShape& shape : top) {
      fill_shape(shape, instance_.budget, result_.best->value + kHigher, kFast.ways);
    }
  }

  // The best that a shape allows, if it is worth the floor. False when that is not certain.
  bool fill_shape(const WorthyShape& shape, double budget, double floor, std::size_t ways) {
    const StemTables& tables = relaxation_.tables(0);
    const double slack = shape.worth + price_ * budget - floor;
    if (slack < 0) return true;
    auto items = shape_items(instance_, tables, shape.shape, slack + kSame);
    const double left = budget - tables.shape_cost(shape.shape);
    const KnapsackAnswer answer = solve_knapsack(std::move(items), left, floor, price_, ways);
    if (answer.best) offer(answer.best->chosen);
    return answer.exact;
  }

  // First the value, then the lowest cost for it.
  void prove() {
    bool exact = true;
    if (result_.best->value + kHigher < result_.bound) {
      exact = search_all(instance_.budget, [&] { return result_.best->value + kHigher; });
      if (exact) result_.bound = result_.best->value;
    }
    while (exact) {
      const double cost = result_.best->cost, value = result_.best->value;
      const double less = cost - kSame * std::max(1.0, cost);
      if (!cheapest_within(less) || !relax(less, value - kSame, kExact)) break;
      if (result_.best->cost < cost) continue;  // the relaxation has found one
      exact = search_all(less, [&] { return value - kSame; });
      if (result_.best->cost >= cost) break;
    }
    result_.proven = exact && !stopped();
  }

  // The cheapest schedule was only climbed to so far; now it matters whether it is the cheapest.
  bool cheapest_within(double budget) {
    if (within_budget(cheapest_.cost, budget)) return true;
    SearchLimit limit{kExact.nodes, search_.stop};
    cheapest_ = relaxation_.prove_cheapest(std::move(cheapest_), limit);
    return within_budget(cheapest_.cost, budget);
  }

  [[nodiscard]] bool stopped() const { return search_.stop && search_.stop(); }

  // Everything within the budget that is worth the floor. True when nothing was left out.
  bool search_all(double budget, const std::function<double()>& floor) {
    if (instance_.stems.size() > 1) return combine_stems(budget, floor(), kExact);
    bool exact = true;
    SearchLimit limit{kExact.nodes, search_.stop};
    search_shapes(relaxation_.tables(0), relaxation_.shares(0), true, floor() - price_ * budget, limit,
                  [&](const Shape& shape, double worth) {
                    exact = fill_shape({shape, worth}, budget, floor(), kExact.ways) && exact;
                    return floor() - price_ * budget;
                  });
    return exact && !limit.reached;
  }

  // Each stem by itself: all ways to set its apps that lose no more than the gap; then one of them for each
  // stem. True when nothing was left out.
  bool combine_stems(double budget, double floor, const Effort& effort) {
    const double slack = upper_ + price_ * budget - floor;
    bool exact = true;
    std::vector<std::vector<StemWay>> ways;
    std::vector<ItemClass> classes;
    for (std::size_t s = 0; s < instance_.stems.size(); ++s) {
      ways.push_back(ways_of_stem(s, slack, budget, effort, exact));
      ItemClass& items = classes.emplace_back();
      for (std::size_t w = 0; w < ways[s].size(); ++w)
        items.push_back({ways[s][w].cost, ways[s][w].value, w});
    }
    const KnapsackAnswer answer = solve_knapsack(std::move(classes), budget, floor, price_, effort.ways);
    if (answer.best) {
      Assignment assignment(instance_.apps.size());
      for (std::size_t s = 0; s < ways.size(); ++s) {
        const StemWay& way = ways[s][answer.best->chosen[s]];
        for (std::size_t i = 0; i < way.options.size(); ++i) {
          assignment[instance_.stems[s].apps[i]] = way.options[i];
        }
      }
      offer(assignment);
    }
    return exact && answer.exact;
  }

  std::vector<StemWay> ways_of_stem(std::size_t s, double slack, double budget, const Effort& effort,
                                    bool& exact) {
    const StemTables& tables = relaxation_.tables(s);
    const double floor = tables.worth(best_shapes_[s]) - slack;
    std::vector<WorthyShape> shapes;
    SearchLimit limit{effort.nodes, search_.exact ? search_.stop : nullptr};
    search_shapes(tables, relaxation_.shares(s), true, floor, limit, [&](const Shape& shape, double worth) {
      shapes.push_back({shape, worth});
      return floor;
    });
    exact = exact && !limit.reached;
    std::vector<StemWay> ways;
    for (const WorthyShape& shape : shapes) add_ways(tables, shape, floor, budget, effort, ways, exact);
    keep_undominated_ways(ways);
    return ways;
  }

  void add_ways(const StemTables& tables, const WorthyShape& shape, double floor, double budget,
                const Effort& effort, std::vector<StemWay>& ways, bool& exact) {
    auto classes = shape_items(instance_, tables, shape.shape, shape.worth - floor + kSame);
    for (ItemClass& items : classes) keep_undominated(items);
    const double stem_cost = tables.shape_cost(shape.shape);
    MergeLimits limits;
    limits.budget = budget - stem_cost + kSame * std::max(1.0, budget);
    limits.prices = {price_};
    limits.floor = floor + price_ * stem_cost - kSame;
    limits.most = effort.ways;
    const ParetoMerge merge(classes, limits);
    exact = exact && merge.complete();
    for (std::size_t w = 0; w < merge.ways().size(); ++w) {
      ways.push_back({merge.ways()[w].cost + stem_cost, merge.ways()[w].value, merge.items(w)});
    }
  }

  static void keep_undominated_ways(std::vector<StemWay>& ways) {
    std::sort(ways.begin(), ways.end(), [](const StemWay& a, const StemWay& b) {
      return a.cost != b.cost ? a.cost < b.cost : a.value > b.value;
    });
    std::size_t kept = 0;
    for (StemWay& way : ways) {
      if (kept > 0 && way.value <= ways[kept - 1].value) continue;
      if (&ways[kept] != &way) ways[kept] = std::move(way);
      ++kept;
    }
    ways.resize(kept);
  }

  const Instance& instance_;
  const MeanSearch& search_;
  Relaxation relaxation_;
  Priced cheapest_;
  // Of the relaxation that tables and shares stand at.
  double price_ = 0, upper_ = 0;
  std::vector<Shape> best_shapes_;
  BestMean result_;
};

}  // namespace

bool better(const Solution& a, const Solution& b) {
  if (a.value > b.value + kSame) return true;
  return a.value > b.value - kSame && a.cost < b.cost;
}

BestMean best_mean(const Instance& instance, const MeanSearch& search) {
  return MeanSolver(instance, search).run();
}

}  // namespace mainstream
