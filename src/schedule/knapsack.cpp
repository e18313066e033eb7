#include "schedule/knapsack.hpp"

#include <algorithm>

#include "mainstream/scheduler.hpp"

namespace mainstream {
namespace {

// A choice for the classes up to some point that no other such choice beats in cost and value.
struct State {
  double cost = 0, value = 0;
  std::size_t before = 0, item = 0;  // where it came from
};

void keep_best(std::vector<State>& states) {
  std::sort(states.begin(), states.end(), [](const State& a, const State& b) {
    return a.cost != b.cost ? a.cost < b.cost : a.value > b.value;
  });
  std::size_t kept = 0;
  for (const State& state : states) {
    if (kept == 0 || state.value > states[kept - 1].value) states[kept++] = state;
  }
  states.resize(kept);
}

}  // namespace

std::optional<KnapsackResult> solve_knapsack(const std::vector<std::vector<KnapsackItem>>& classes,
                                             double budget) {
  std::vector<std::vector<State>> steps{{State{}}};
  for (const auto& items : classes) {
    std::vector<State> next;
    for (std::size_t s = 0; s < steps.back().size(); ++s) {
      const State& state = steps.back()[s];
      for (const KnapsackItem& item : items) {
        if (!within_budget(state.cost + item.cost, budget)) continue;
        next.push_back({state.cost + item.cost, state.value + item.value, s, item.index});
      }
    }
    keep_best(next);
    if (next.empty()) return std::nullopt;
    steps.push_back(std::move(next));
  }
  const auto& last = steps.back();
  const double best = last.back().value;
  std::size_t at = static_cast<std::size_t>(
      std::find_if(last.begin(), last.end(), [&](const State& s) { return s.value > best - 1e-9; }) -
      last.begin());
  KnapsackResult result{last[at].cost, last[at].value, std::vector<std::size_t>(classes.size())};
  for (std::size_t c = classes.size(); c-- > 0;) {
    result.chosen[c] = steps[c + 1][at].item;
    at = steps[c + 1][at].before;
  }
  return result;
}

}  // namespace mainstream
