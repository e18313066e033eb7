#include "schedule/search/best_mean.hpp"

#include <algorithm>
#include <limits>

#include "schedule/search/knapsack.hpp"
#include "schedule/search/relaxation.hpp"
#include "schedule/search/shape_filling.hpp"
#include "schedule/search/undominated.hpp"

namespace mainstream {
namespace {

// How much a search may look at: for a quick answer, and for a proof.
struct Effort {
  long nodes;         // of branch and bound
  std::size_t front;  // combinations kept when options of apps, or fillings of stems, are combined
  std::size_t fills;  // shapes of a stem that are filled, times its apps; but at least kFewestShapes
};
constexpr Effort kFast{4'000, 2'000, 600};
constexpr Effort kExact{2'000'000'000, 4'000'000, std::numeric_limits<std::size_t>::max()};
constexpr std::size_t kFewestShapes = 16;

class MeanSolver {
 public:
  MeanSolver(const Instance& instance, const MeanSearch& search)
      : instance_(instance), search_(search), relaxation_(instance, {}) {}

  BestMean run() {
    if (!find_cheapest()) return result_;
    for (const Assignment& start : search_.starts) offer(start);
    search_quickly();
    if (search_.exact) search_exactly();
    return result_;
  }

 private:
  void offer(const Assignment& assignment) { mainstream::offer(instance_, assignment, result_.best); }

  // False when nothing is within the budget.
  bool find_cheapest() {
    const CheapestSearch costs(instance_, -1);
    cheapest_ = costs.improve({});
    start_ = cheapest_.shapes;
    if (within_budget(cheapest_.cost, instance_.budget)) return true;
    SearchLimit limit{kExact.nodes, search_.exact ? search_.stop : nullptr};
    prove_cheapest(costs, limit);
    if (within_budget(cheapest_.cost, instance_.budget)) return true;
    result_.proven = !limit.reached;
    return false;
  }

  void prove_cheapest(const CheapestSearch& costs, SearchLimit& limit) {
    RelaxationProof proof = costs.prove(cheapest_, std::move(shares_), limit);
    shares_ = proof.take_shares();
    cheapest_ = std::move(proof.best);
    start_ = cheapest_.shapes;
  }

  // Finds the price of a budget and proves the relaxation there.
  void relax(double budget, const Effort& effort) {
    const double guess = proof_.at ? proof_.at->price() : 0;
    BudgetPrice found =
        find_price(relaxation_, cheapest_, budget, guess > 0 ? guess : search_.price, std::move(start_));
    offer(found.under.assignment);
    const double price = found.at->price();
    const bool over_is_best = found.over && found.over->worth(price) > found.under.worth(price);
    SearchLimit limit{effort.nodes, search_.exact ? search_.stop : nullptr};
    if (proof_.at) shares_ = proof_.take_shares();
    proof_ = prove(std::move(found.at), over_is_best ? *found.over : found.under, kProofGap,
                   std::move(shares_), limit);
    start_ = proof_.best.shapes;
    if (within_budget(proof_.best.cost, budget)) offer(proof_.best.assignment);
  }

  [[nodiscard]] double price() const { return proof_.at->price(); }
  // While a quick answer is found, nobody is asked.
  [[nodiscard]] std::function<bool()> stop() const {
    return going_on_ ? search_.stop : std::function<bool()>();
  }
  // No schedule within the budget has more value.
  [[nodiscard]] double bound(double budget) const { return proof_.upper + price() * budget; }

  void search_quickly() {
    relax(instance_.budget, kFast);
    result_.price = price();
    result_.bound = bound(instance_.budget);
    if (result_.best->value + kLeastGain >= result_.bound) return;
    if (instance_.stems.size() == 1) {
      fill_best_shapes();
    } else {
      // All stems together get about the effort of one: the more stems, the finer they fill the budget
      // anyway.
      const Effort each{std::max<long>(50, kFast.nodes / std::ssize(instance_.stems)), kFast.front,
                        kFast.fills / instance_.stems.size()};
      combine_stems(instance_.budget, result_.best->value + kLeastGain, each);
    }
  }

  // Fills the shapes that are worth most, each as well as can be.
  void fill_best_shapes() {
    SearchLimit limit{kFast.nodes, nullptr};
    const double needed = result_.best->value - price() * instance_.budget;
    for (const ShapeWorth& shape : worthiest_shapes(0, needed, kFast.fills, limit)) {
      fill_shape(shape, instance_.budget, result_.best->value + kLeastGain, kFast.front);
    }
  }

  // The shapes of a stem that are worth at least `floor`, the worthiest first; the limit is reached when some
  // are missing.
  std::vector<ShapeWorth> worthiest_shapes(std::size_t s, double floor, std::size_t fills,
                                           SearchLimit& limit) const {
    const PricedStem& stem = proof_.at->stem(s);
    const std::size_t most =
        std::max(kFewestShapes, fills / std::max<std::size_t>(1, stem.table().grid().apps.size()));
    bool all = true;
    std::vector<ShapeWorth> shapes;  // a heap, the least worth on top
    const auto is_worth_more = [](const ShapeWorth& a, const ShapeWorth& b) { return a.worth > b.worth; };
    search_shapes(stem, proof_.bounds[s], ShapesWanted::used, floor, limit,
                  [&](const StemShape& shape, double worth) {
                    shapes.push_back({shape, worth});
                    std::push_heap(shapes.begin(), shapes.end(), is_worth_more);
                    if (shapes.size() <= most) return floor;
                    all = false;
                    std::pop_heap(shapes.begin(), shapes.end(), is_worth_more);
                    shapes.pop_back();
                    return std::max(floor, shapes.front().worth);
                  });
    limit.reached = limit.reached || !all;
    std::sort_heap(shapes.begin(), shapes.end(), is_worth_more);
    return shapes;
  }

  // Offers the best filling of a shape whose value reaches the floor. False when better ones may exist.
  bool fill_shape(const ShapeWorth& shape, double budget, double floor, std::size_t front) {
    const PricedStem& stem = proof_.at->stem(0);
    const double slack = shape.worth + price() * budget - floor;
    if (slack < 0) return true;
    auto items = items_of_shape(instance_, stem, shape.shape, slack + kEqual);
    const double left = budget - stem.table().shape_cost(shape.shape);
    const KnapsackResult filling = solve_knapsack(std::move(items), left, floor, price(), front, stop());
    if (filling.best) offer(filling.best->items);
    return filling.exact;
  }

  // First the highest value, then the lowest cost for it.
  void search_exactly() {
    going_on_ = true;
    bool exact = true;
    if (result_.best->value + kLeastGain < result_.bound) {
      exact = search_all(instance_.budget, [&] { return result_.best->value + kLeastGain; });
      if (exact) result_.bound = result_.best->value;
    }
    while (exact) {
      const double cost = result_.best->cost, floor = result_.best->value - kEqual;
      const double less = cost - 2 * budget_tolerance(cost);  // one tolerance would let `cost` itself in
      if (!is_cheapest_within(less)) break;
      relax(less, kExact);
      if (bound(less) < floor) break;
      if (result_.best->cost < cost) continue;  // the relaxation found one
      exact = search_all(less, [&] { return floor; });
      if (result_.best->cost >= cost) break;
    }
    result_.proven = exact && !(search_.stop && search_.stop());
  }

  // So far the cheapest schedule need not be proven; here it matters.
  bool is_cheapest_within(double budget) {
    if (within_budget(cheapest_.cost, budget)) return true;
    SearchLimit limit{kExact.nodes, search_.stop};
    prove_cheapest(CheapestSearch(instance_, -1), limit);
    return within_budget(cheapest_.cost, budget);
  }

  // Offers everything within the budget whose value reaches the floor. True when nothing was left out.
  bool search_all(double budget, const std::function<double()>& floor) {
    if (instance_.stems.size() > 1) return combine_stems(budget, floor(), kExact);
    bool exact = true;
    SearchLimit limit{kExact.nodes, search_.stop};
    search_shapes(proof_.at->stem(0), proof_.bounds[0], ShapesWanted::used, floor() - price() * budget, limit,
                  [&](const StemShape& shape, double worth) {
                    exact = fill_shape({shape, worth}, budget, floor(), kExact.front) && exact;
                    return floor() - price() * budget;
                  });
    return exact && !limit.reached;
  }

  // For each stem all fillings that lose no more than the gap, then the best choice of one filling for each
  // stem. True when nothing was left out.
  bool combine_stems(double budget, double floor, const Effort& effort) {
    const double gap = bound(budget) - floor;
    bool exact = true;
    std::vector<std::vector<StemFilling>> fillings;
    std::vector<ItemClass> classes;
    for (std::size_t s = 0; s < instance_.stems.size(); ++s) {
      fillings.push_back(fillings_of_stem(s, gap, budget, effort, exact));
      ItemClass& items = classes.emplace_back();
      for (std::size_t f = 0; f < fillings[s].size(); ++f)
        items.push_back({fillings[s][f].cost, fillings[s][f].value, f});
    }
    const KnapsackResult choice =
        solve_knapsack(std::move(classes), budget, floor, price(), effort.front, stop());
    if (choice.best) {
      Assignment assignment(instance_.apps.size());
      for (std::size_t s = 0; s < fillings.size(); ++s) {
        const StemFilling& filling = fillings[s][choice.best->items[s]];
        for (std::size_t i = 0; i < filling.options.size(); ++i) {
          assignment[instance_.stems[s].apps[i]] = filling.options[i];
        }
      }
      offer(assignment);
    }
    return exact && choice.exact;
  }

  // Sets `exact` to false when some may be missing.
  std::vector<StemFilling> fillings_of_stem(std::size_t s, double gap, double budget, const Effort& effort,
                                            bool& exact) {
    const PricedStem& stem = proof_.at->stem(s);
    const double floor = stem.worth(proof_.best.shapes[s]) - gap;
    SearchLimit limit{effort.nodes, stop()};
    std::vector<StemFilling> fillings;
    for (const ShapeWorth& shape : worthiest_shapes(s, floor, effort.fills, limit)) {
      if (limit.stop && limit.stop()) limit.reached = true;
      if (limit.reached && !fillings.empty()) break;
      exact =
          add_fillings(instance_, stem, shape, {budget, floor, effort.front, limit.stop}, fillings) && exact;
    }
    exact = exact && !limit.reached;
    keep_undominated(fillings);
    return fillings;
  }

  const Instance& instance_;
  const MeanSearch& search_;
  Relaxation relaxation_;
  PricedSchedule cheapest_;
  RelaxationProof proof_;  // at the price of the budget that was looked at last
  // Starting points for the next price and proof.
  std::vector<StemShape> start_;
  std::vector<CostShares> shares_;
  BestMean result_;
  bool going_on_ = false;
};

}  // namespace

bool is_better(const Solution& a, const Solution& b) {
  if (a.value > b.value + kEqual) return true;
  return a.value > b.value - kEqual && a.cost < b.cost;
}

void offer(const Instance& instance, const Assignment& assignment, std::optional<Solution>& best) {
  const auto cost = cost_of(instance, assignment);
  if (!cost || !within_budget(*cost, instance.budget)) return;
  Solution solution{assignment, value_of(instance, assignment), *cost};
  if (!best || is_better(solution, *best)) best = std::move(solution);
}

BestMean best_mean(const Instance& instance, const MeanSearch& search) {
  return MeanSolver(instance, search).run();
}

}  // namespace mainstream
