#include "schedule/greedy.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>

#include "schedule/limits.hpp"
#include "schedule/same.hpp"

namespace mainstream {
namespace {

struct Move {
  std::size_t app = 0, option = 0;
  double gain = 0, extra = 0;
  int rate = 0, frozen = 0;
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

// How fast a segment runs, and how fast it would without the app that asks for most.
struct Demand {
  int first = 0, second = 0;
  std::size_t asking = 0;  // meant only where the two differ
  [[nodiscard]] int without(std::size_t app) const { return asking == app ? second : first; }
  bool operator==(const Demand&) const = default;
};

// By level; what an app asks for at a level holds for those before it.
std::vector<Demand> demand_of(const Instance& instance, const InstanceStem& stem,
                              const Assignment& assignment) {
  std::vector<Demand> demand(stem.levels.size());
  const auto ask = [](Demand& at, int rate, std::size_t app) {
    if (rate > at.first) {
      at.second = at.asking == app ? at.second : at.first;
      at.first = rate;
      at.asking = app;
    } else if (app != at.asking) {
      at.second = std::max(at.second, rate);
    }
  };
  for (const std::size_t a : stem.apps) {
    const InstanceOption& option = instance.apps[a].options[assignment[a]];
    ask(demand[static_cast<std::size_t>(option.level)], option.rate, a);
  }
  for (std::size_t j = demand.size() - 1; j-- > 0;) {
    const Demand deeper = demand[j + 1];
    ask(demand[j], deeper.first, deeper.asking);
    demand[j].second = std::max(demand[j].second, deeper.second);
  }
  return demand;
}

// The best move of each app, remembered for as long as nothing changes that it rests on.
class Moves {
 public:
  Moves(const Instance& instance, Assignment start)
      : instance_(instance), assignment_(std::move(start)), best_(instance.apps.size()) {
    for (const InstanceStem& stem : instance.stems) demand_.push_back(demand_of(instance, stem, assignment_));
    forget(0, best_.size());
    cost_ = assignment_cost(instance_, assignment_).value_or(0);
  }

  [[nodiscard]] const Assignment& assignment() const { return assignment_; }

  // Makes the best move of all. False when there is none.
  bool make_one() {
    const Move* best = nullptr;
    for (std::size_t a = 0; a < best_.size(); ++a) {
      Known& known = best_[a];
      if (!known.valid || (known.move && !fits(*known.move))) known = {true, best_of(a)};
      if (known.move && (best == nullptr || better(*known.move, *best))) best = &*known.move;
    }
    if (best == nullptr) return false;
    make(*best);
    return true;
  }

 private:
  struct Known {
    bool valid = false;
    std::optional<Move> move;
  };

  [[nodiscard]] bool fits(const Move& move) const {
    return within_budget(cost_ + move.extra, instance_.budget);
  }

  void forget(std::size_t first, std::size_t end) {
    for (std::size_t a = first; a < end; ++a) best_[a].valid = false;
  }

  void make(const Move& move) {
    const std::size_t s = instance_.apps[move.app].stem, app = move.app;
    assignment_[app] = move.option;
    const double before = cost_;
    cost_ = assignment_cost(instance_, assignment_).value_or(0);
    std::vector<Demand> demand = demand_of(instance_, instance_.stems[s], assignment_);
    best_[app].valid = false;
    if (cost_ < before) forget(0, best_.size());  // what did not fit may do so now
    for (std::size_t j = 1; j < demand.size(); ++j) {
      const Demand &was = demand_[s][j], &now = demand[j];
      if (was == now) continue;
      best_[was.asking].valid = best_[now.asking].valid = false;
      if (was.first == now.first) continue;
      for (const std::size_t a : instance_.stems[s].apps) best_[a].valid = false;
    }
    demand_[s] = std::move(demand);
  }

  // What the stem costs more with an option at each level and rate than without the app.
  void raise_for(std::size_t app) {
    const InstanceStem& stem = instance_.stems[instance_.apps[app].stem];
    const std::vector<Demand>& demand = demand_[instance_.apps[app].stem];
    raise_.assign(stem.levels.size() * stem.rates.size(), 0.0);
    for (std::size_t j = 1; j < stem.levels.size(); ++j) {
      const auto others = static_cast<std::size_t>(demand[j].without(app));
      const double* before = raise_.data() + (j - 1) * stem.rates.size();
      double* here = raise_.data() + j * stem.rates.size();
      for (std::size_t r = 0; r < stem.rates.size(); ++r) {
        const double faster = r > others ? stem.rates[r] - stem.rates[others] : 0;
        here[r] = before[r] + stem.segment_costs[0][j] * faster;
      }
    }
  }

  std::optional<Move> best_of(std::size_t app) {
    const auto& options = instance_.apps[app].options;
    const std::size_t rates = instance_.stems[instance_.apps[app].stem].rates.size();
    const InstanceOption& now = options[assignment_[app]];
    raise_for(app);
    const auto cost_with = [&](const InstanceOption& o) {
      return o.own_cost +
             raise_[static_cast<std::size_t>(o.level) * rates + static_cast<std::size_t>(o.rate)];
    };
    const double cost_now = cost_with(now);
    std::optional<Move> best;
    for (std::size_t o = 0; o < options.size(); ++o) {
      const InstanceOption& to = options[o];
      if (to.value <= now.value + kSame) continue;
      const Move move{app, o, to.value - now.value, cost_with(to) - cost_now, to.rate, to.frozen};
      if (fits(move) && (!best || better(move, *best))) best = move;
    }
    return best;
  }

  const Instance& instance_;
  Assignment assignment_;
  double cost_ = 0;
  std::vector<std::vector<Demand>> demand_;  // by stem and level
  std::vector<Known> best_;
  std::vector<double> raise_;
};

// Everybody at the last branchpoint and the lowest rate there.
Assignment most_shared(const Instance& instance) {
  Assignment assignment;
  for (const InstanceApp& app : instance.apps) {
    const auto least = std::ranges::min_element(app.options, {}, [](const InstanceOption& o) {
      return std::tuple(-o.frozen, o.rate, o.own_cost, -o.value);
    });
    assignment.push_back(static_cast<std::size_t>(least - app.options.begin()));
  }
  return assignment;
}

// Of equally cheap schedules the one that shares most.
Assignment cheapest_start(const Instance& instance) {
  Assignment shared = most_shared(instance);
  auto cheapest = cheapest_schedule(instance);
  const auto cost = assignment_cost(instance, shared);
  const bool is_cheapest = !cheapest || (cost && *cost <= cheapest->cost + kSame * std::max(1.0, *cost));
  return is_cheapest ? shared : std::move(cheapest->assignment);
}

}  // namespace

Assignment greedy(const Instance& instance) {
  Moves moves(instance, cheapest_start(instance));
  while (moves.make_one()) {
  }
  return moves.assignment();
}

}  // namespace mainstream
