#include "schedule/optimal.hpp"

#include "schedule/knapsack.hpp"

namespace mainstream {
namespace {

// Tries every shape that the stems can have: for each segment a rate not above the one before.
class ShapeSearch {
 public:
  explicit ShapeSearch(const Instance& instance) : instance_(instance) {
    for (const InstanceStem& stem : instance.stems) rates_.emplace_back(stem.levels.size(), 0);
  }

  std::optional<Assignment> run() {
    from(0, 1, 0);
    return best_ ? std::optional(best_->chosen) : std::nullopt;
  }

 private:
  void from(std::size_t s, std::size_t segment, double stem_cost) {
    if (!within_budget(stem_cost, instance_.budget)) return;
    if (s == instance_.stems.size()) return leaf(stem_cost);
    const InstanceStem& stem = instance_.stems[s];
    if (segment == stem.levels.size()) return from(s + 1, 1, stem_cost);
    const int highest = segment == 1 ? static_cast<int>(stem.rates.size()) - 1 : rates_[s][segment - 1];
    for (int rate = 0; rate <= highest; ++rate) {
      rates_[s][segment] = rate;
      from(s, segment + 1,
           stem_cost + stem.segment_costs[0][segment] * stem.rates[static_cast<std::size_t>(rate)]);
    }
  }

  void leaf(double stem_cost) {
    std::vector<std::vector<KnapsackItem>> classes;
    for (const InstanceApp& app : instance_.apps) {
      auto& items = classes.emplace_back();
      for (std::size_t o = 0; o < app.options.size(); ++o) {
        const InstanceOption& option = app.options[o];
        if (option.level > 0 && rates_[app.stem][static_cast<std::size_t>(option.level)] < option.rate)
          continue;
        items.push_back({option.own_cost, option.value, o});
      }
    }
    auto result = solve_knapsack(classes, instance_.budget - stem_cost);
    if (!result) return;
    result->cost += stem_cost;
    const bool better = !best_ || result->value > best_->value + 1e-9 ||
                        (result->value > best_->value - 1e-9 && result->cost < best_->cost);
    if (better) best_ = std::move(result);
  }

  const Instance& instance_;
  std::vector<std::vector<int>> rates_;  // of each stem's segments
  std::optional<KnapsackResult> best_;
};

}  // namespace

std::optional<Assignment> optimal(const Instance& instance) {
  return ShapeSearch(instance).run();
}

}  // namespace mainstream
