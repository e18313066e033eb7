#include "schedule/greedy.hpp"

#include <algorithm>
#include <tuple>

#include "schedule/same.hpp"

namespace mainstream {
namespace {

struct Move {
  std::size_t app = 0, option = 0;
  double gain = 0, extra = 0;
  double rate = 0;
  int frozen = 0;
  [[nodiscard]] bool free() const { return extra <= kSame; }
  [[nodiscard]] double ratio() const { return gain / extra; }
};

// Ties go to the earlier app, then the lower frame rate, then the larger frozen count.
bool earlier(const Move& a, const Move& b) {
  return std::tuple(a.app, a.rate, -a.frozen) < std::tuple(b.app, b.rate, -b.frozen);
}

bool better(const Move& a, const Move& b) {
  if (a.free() != b.free()) return a.free();
  const double x = a.free() ? a.gain : a.ratio(), y = b.free() ? b.gain : b.ratio();
  if (x > y * (1 + kSame)) return true;
  if (y > x * (1 + kSame)) return false;
  return earlier(a, b);
}

// One stem's shared cost as one app changes its mind: rates per segment of everybody else, and
// from them the cost of adding any option of that app.
class StemWithout {
 public:
  StemWithout(const Instance& instance, const Assignment& assignment, std::size_t left_out)
      : stem_(instance.stems[instance.apps[left_out].stem]), rate_(stem_.levels.size() + 1, 0) {
    for (const std::size_t a : stem_.apps) {
      if (a == left_out) continue;
      const InstanceOption& option = instance.apps[a].options[assignment[a]];
      auto& rate = rate_[static_cast<std::size_t>(option.level)];
      rate = std::max(rate, option.rate);
    }
    for (std::size_t j = stem_.levels.size(); j-- > 0;) rate_[j] = std::max(rate_[j], rate_[j + 1]);
  }

  [[nodiscard]] double cost_with(const InstanceOption& option) const {
    double cost = 0;
    for (std::size_t j = 1; j < stem_.levels.size(); ++j) {
      const int rate =
          j <= static_cast<std::size_t>(option.level) ? std::max(rate_[j], option.rate) : rate_[j];
      cost += stem_.segment_costs[0][j] * stem_.rates[static_cast<std::size_t>(rate)];
    }
    return cost;
  }

 private:
  const InstanceStem& stem_;
  std::vector<int> rate_;
};

std::optional<Move> best_move(const Instance& instance, const Assignment& assignment, double cost) {
  std::optional<Move> best;
  for (std::size_t a = 0; a < instance.apps.size(); ++a) {
    const auto& options = instance.apps[a].options;
    const InstanceOption& now = options[assignment[a]];
    const StemWithout stem(instance, assignment, a);
    const double stem_now = stem.cost_with(now);
    for (std::size_t o = 0; o < options.size(); ++o) {
      const InstanceOption& to = options[o];
      if (to.value <= now.value + kSame) continue;
      const double extra = to.own_cost - now.own_cost + stem.cost_with(to) - stem_now;
      if (!within_budget(cost + extra, instance.budget)) continue;
      const Move move{a, o, to.value - now.value, extra, to.choice.fps, to.choice.frozen};
      if (!best || better(move, *best)) best = move;
    }
  }
  return best;
}

std::size_t cheapest_option(const std::vector<InstanceOption>& options) {
  const auto key = [](const InstanceOption& o) { return std::tuple(-o.choice.frozen, o.choice.fps); };
  return static_cast<std::size_t>(
      std::min_element(options.begin(), options.end(),
                       [&](const auto& a, const auto& b) { return key(a) < key(b); }) -
      options.begin());
}

}  // namespace

Assignment greedy(const Instance& instance) {
  Assignment assignment;
  for (const InstanceApp& app : instance.apps) assignment.push_back(cheapest_option(app.options));
  while (true) {
    const double cost = assignment_cost(instance, assignment).value_or(0);
    const auto move = best_move(instance, assignment, cost);
    if (!move) return assignment;
    assignment[move->app] = move->option;
  }
}

}  // namespace mainstream
