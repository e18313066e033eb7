#include "schedule/greedy.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
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
struct SegmentDemand {
  int first = 0, second = 0;
  std::size_t asking = 0;  // meant only where the two differ
  [[nodiscard]] int without(std::size_t app) const { return asking == app ? second : first; }
  bool operator==(const SegmentDemand&) const = default;
};

// Where an app leaves its stem, and how often it runs.
struct Place {
  int level = 0, rate = 0;
};

// By level; what an app asks for at a level holds for those before it.
std::vector<SegmentDemand> demands_of(const InstanceStem& stem, const std::vector<Place>& places) {
  std::vector<SegmentDemand> demand(stem.levels.size());
  const auto ask = [](SegmentDemand& at, int rate, std::size_t app) {
    if (rate > at.first) {
      at.second = at.asking == app ? at.second : at.first;
      at.first = rate;
      at.asking = app;
    } else if (app != at.asking) {
      at.second = std::max(at.second, rate);
    }
  };
  for (const std::size_t a : stem.apps) {
    ask(demand[static_cast<std::size_t>(places[a].level)], places[a].rate, a);
  }
  for (std::size_t j = demand.size() - 1; j-- > 0;) {
    const SegmentDemand deeper = demand[j + 1];
    ask(demand[j], deeper.first, deeper.asking);
    demand[j].second = std::max(demand[j].second, deeper.second);
  }
  return demand;
}

// The best move of each app, remembered for as long as nothing changes that it rests on.
class Moves {
 public:
  Moves(const Instance& instance, Assignment start)
      : instance_(instance),
        assignment_(std::move(start)),
        cost_(assignment_cost(instance, assignment_).value_or(0)),
        best_(instance.apps.size()),
        worth_(instance.apps.size()),
        raise_(instance.stems.size()) {
    for (std::size_t a = 0; a < assignment_.size(); ++a) places_.push_back(place_in(a, assignment_[a]));
    for (const InstanceStem& stem : instance.stems) demand_.push_back(demands_of(stem, places_));
    for (const InstanceApp& app : instance.apps)
      targets_.push_back(targets_of(app, instance.stems[app.stem]));
    for (std::size_t app = 0; app < best_.size(); ++app) look_at(app);
  }

  [[nodiscard]] const Assignment& assignment() const { return assignment_; }

  // Makes the best move of all. False when there is none.
  bool make_one() {
    while (true) {
      const double most = *std::ranges::max_element(worth_);
      if (most <= 0) return false;
      const Move* best = nullptr;
      for (std::size_t app = 0; app < best_.size(); ++app) {
        if (worth_[app] < most * (1 - 2 * kSame)) continue;
        if (best == nullptr || better(*best_[app], *best)) best = &*best_[app];
      }
      if (fits(*best)) {
        make(*best);
        return true;
      }
      look_at(best->app);  // it did when it was found
    }
  }

 private:
  // What of an option the search for a move looks at.
  struct Target {
    double value = 0, own_cost = 0;
    std::uint32_t place = 0, option = 0;  // level and rate; index into InstanceApp::options
  };

  // The most valuable first.
  static std::vector<Target> targets_of(const InstanceApp& app, const InstanceStem& stem) {
    std::vector<Target> targets;
    targets.reserve(app.options.size());
    for (const InstanceOption& option : app.options) {
      const std::size_t place = static_cast<std::size_t>(option.level) * stem.rates.size();
      targets.push_back({option.value, option.own_cost,
                         static_cast<std::uint32_t>(place) + static_cast<std::uint32_t>(option.rate),
                         static_cast<std::uint32_t>(targets.size())});
    }
    std::ranges::sort(targets, std::greater{}, &Target::value);
    return targets;
  }

  [[nodiscard]] bool fits(const Move& move) const {
    return within_budget(cost_ + move.extra, instance_.budget);
  }

  [[nodiscard]] Place place_in(std::size_t app, std::size_t option) const {
    const InstanceOption& there = instance_.apps[app].options[option];
    return {there.level, there.rate};
  }

  void look_at(std::size_t app) {
    best_[app] = best_of(app);
    worth_[app] = !best_[app]          ? 0
                  : best_[app]->free() ? std::numeric_limits<double>::infinity()
                                       : best_[app]->ratio();
  }

  void make(Move move) {
    const std::size_t s = instance_.apps[move.app].stem;
    const InstanceStem& stem = instance_.stems[s];
    assignment_[move.app] = move.option;
    cost_ += move.extra;
    places_[move.app] = place_in(move.app, move.option);
    std::vector<SegmentDemand> demand = demands_of(stem, places_);
    std::swap(demand_[s], demand);
    if (demand != demand_[s]) raise_[s].clear();
    bool all = false;
    std::set<std::size_t> changed{move.app};
    for (std::size_t j = 1; j < demand.size(); ++j) {
      const SegmentDemand &was = demand[j], &now = demand_[s][j];
      all = all || was.first != now.first;
      if (was == now) continue;
      changed.insert({was.asking, now.asking});
    }
    if (move.extra < 0) {  // what did not fit may do so now
      for (std::size_t app = 0; app < best_.size(); ++app) look_at(app);
    } else if (all) {
      for (const std::size_t app : stem.apps) look_at(app);
    } else {
      for (const std::size_t app : changed) look_at(app);
    }
  }

  // What the stem costs more with an option at each level and rate than without the app. The same for all
  // that ask for nothing that others would not have anyway.
  [[nodiscard]] const double* raise_for(std::size_t app) {
    const std::size_t s = instance_.apps[app].stem;
    const bool is_asking = std::ranges::any_of(
        demand_[s], [&](const SegmentDemand& d) { return d.asking == app && d.first > d.second; });
    std::vector<double>& table = is_asking ? own_raise_ : raise_[s];
    if (is_asking || table.empty()) tabulate(instance_.stems[s], demand_[s], app, table);
    return table.data();
  }

  static void tabulate(const InstanceStem& stem, const std::vector<SegmentDemand>& demand, std::size_t app,
                       std::vector<double>& table) {
    table.assign(stem.levels.size() * stem.rates.size(), 0.0);
    for (std::size_t j = 1; j < stem.levels.size(); ++j) {
      const double others = stem.rates[static_cast<std::size_t>(demand[j].without(app))];
      const double* before = table.data() + (j - 1) * stem.rates.size();
      double* here = table.data() + j * stem.rates.size();
      for (std::size_t r = 0; r < stem.rates.size(); ++r) {
        here[r] = before[r] + stem.segment_costs[0][j] * std::max(0.0, stem.rates[r] - others);
      }
    }
  }

  std::optional<Move> best_of(std::size_t app) {
    const auto& options = instance_.apps[app].options;
    const InstanceStem& stem = instance_.stems[instance_.apps[app].stem];
    const InstanceOption& now = options[assignment_[app]];
    const double* raise = raise_for(app);
    const double cost_now =
        now.own_cost +
        raise[static_cast<std::size_t>(now.level) * stem.rates.size() + static_cast<std::size_t>(now.rate)];
    std::optional<Move> best;
    double least_ratio = 0;  // of a move that is as good
    for (const Target& to : targets_[app]) {
      if (to.value <= now.value + kSame) break;
      const double gain = to.value - now.value, extra = to.own_cost + raise[to.place] - cost_now;
      if (extra > kSame && gain < least_ratio * extra) continue;
      const Move move{app, to.option, gain, extra, options[to.option].rate, options[to.option].frozen};
      if (!fits(move) || (best && !better(move, *best))) continue;
      best = move;
      least_ratio = move.free() ? std::numeric_limits<double>::infinity() : move.ratio() * (1 - 2 * kSame);
    }
    return best;
  }

  const Instance& instance_;
  Assignment assignment_;
  std::vector<Place> places_;  // of the assignment
  double cost_;
  std::vector<std::vector<SegmentDemand>> demand_;  // by stem and level
  std::vector<std::vector<Target>> targets_;
  std::vector<std::optional<Move>> best_;
  std::vector<double> worth_;               // gain by cost of the best moves, 0 where there is none
  std::vector<std::vector<double>> raise_;  // by stem, level and rate; empty when it is to be made anew
  std::vector<double> own_raise_;
};

// The cheapest settings of one stem's apps where everybody runs at the lowest rate, which is nearly always
// the cheapest one: what remains to choose is where the stem ends. Written to `assignment`; false where some
// app has no such option, or a cheaper one.
class CheapestOfStem {
 public:
  CheapestOfStem(const Instance& instance, const InstanceStem& stem) : instance_(instance), stem_(stem) {}

  bool find(Assignment& assignment) {
    for (const std::size_t a : stem_.apps) {
      if (!add(instance_.apps[a])) return false;
    }
    double least = std::numeric_limits<double>::infinity(), way = 0;
    std::vector<const Choice*> best(stem_.apps.size(), &none_), now = best;
    for (std::size_t level = 0; level < stem_.levels.size(); ++level) {
      if (level > 0) way += stem_.segment_costs[0][level] * stem_.rates[1];
      double cost = way;
      for (std::size_t i = 0; i < now.size(); ++i) {
        const Choice& here = choices_[i * stem_.levels.size() + level];
        if (here.own_cost <= now[i]->own_cost) now[i] = &here;
        cost += now[i]->own_cost;
      }
      if (cost > least + kSame * std::max(1.0, least)) continue;  // of equal ones that which shares most
      least = cost;
      best = now;
    }
    for (std::size_t i = 0; i < best.size(); ++i) assignment[stem_.apps[i]] = best[i]->option;
    return least < std::numeric_limits<double>::infinity();
  }

 private:
  struct Choice {
    double own_cost = std::numeric_limits<double>::infinity();
    std::size_t option = 0;
  };

  bool add(const InstanceApp& app) {
    const std::size_t first = choices_.size();
    choices_.resize(first + stem_.levels.size());
    for (const bool lowest : {true, false}) {
      for (std::size_t o = 0; o < app.options.size(); ++o) {
        const InstanceOption& option = app.options[o];
        if ((option.rate == 1) != lowest) continue;
        Choice& here = choices_[first + static_cast<std::size_t>(option.level)];
        if (option.own_cost >= here.own_cost) continue;
        if (!lowest) return false;
        here = {option.own_cost, o};
      }
    }
    return true;
  }

  const Instance& instance_;
  const InstanceStem& stem_;
  std::vector<Choice> choices_;  // by app of the stem and level
  Choice none_;
};

// Of equally cheap schedules one that shares much.
Assignment cheapest_start(const Instance& instance) {
  Assignment assignment(instance.apps.size());
  const bool is_found = std::ranges::all_of(instance.stems, [&](const InstanceStem& stem) {
    return stem.apps.empty() || CheapestOfStem(instance, stem).find(assignment);
  });
  if (is_found) return assignment;
  auto cheapest = cheapest_schedule(instance);
  if (cheapest) return std::move(cheapest->assignment);
  return assignment;
}

}  // namespace

Assignment greedy(const Instance& instance) {
  Moves moves(instance, cheapest_start(instance));
  while (moves.make_one()) {
  }
  return moves.assignment();
}

}  // namespace mainstream
