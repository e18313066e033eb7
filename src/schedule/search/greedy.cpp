#include "schedule/search/greedy.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "schedule/search/relaxation.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

struct Move {
  std::size_t app = 0, option = 0;
  double gain = 0, extra = 0;
  int rate = 0, frozen = 0;
  [[nodiscard]] bool free() const { return extra <= kEqual; }
  [[nodiscard]] double ratio() const { return gain / extra; }
};

// The order of ties: the earlier app, then the lower frame rate, then the larger frozen count.
bool is_before(const Move& a, const Move& b) {
  return std::tuple(a.app, a.rate, -a.frozen) < std::tuple(b.app, b.rate, -b.frozen);
}

bool is_better(const Move& a, const Move& b) {
  if (a.free() != b.free()) return a.free();
  const double x = a.free() ? a.gain : a.ratio(), y = b.free() ? b.gain : b.ratio();
  if (x > y * (1 + kEqual)) return true;
  if (y > x * (1 + kEqual)) return false;
  return is_before(a, b);
}

// Whether a change from one demand to the other changes nothing for any app's moves.
bool has_same_rates(const SegmentDemand& a, const SegmentDemand& b) {
  return a.rate == b.rate && a.second_rate == b.second_rate && a.asking == b.asking;
}

// The best move of each app, kept until something changes that it depends on.
class MoveSearch {
 public:
  MoveSearch(const Instance& instance, Assignment start)
      : instance_(instance),
        assignment_(std::move(start)),
        cost_(cost_of(instance, assignment_).value_or(0)),
        best_(instance.apps.size()),
        merit_(instance.apps.size()),
        extra_cost_(instance.stems.size()) {
    for (const StemGrid& stem : instance.stems) demand_.push_back(segments_of(stem));
    for (const InstanceApp& app : instance.apps)
      targets_.push_back(targets_of(app, instance.stems[app.stem]));
    for (std::size_t app = 0; app < best_.size(); ++app) look_at(app);
  }

  [[nodiscard]] const Assignment& assignment() const { return assignment_; }

  // Makes the best move of all. False when there is none.
  bool make_one() {
    while (true) {
      const double most = *std::ranges::max_element(merit_);
      if (most <= 0) return false;
      const Move* best = nullptr;
      for (std::size_t app = 0; app < best_.size(); ++app) {
        if (merit_[app] < most * (1 - 2 * kEqual)) continue;
        if (best == nullptr || is_better(*best_[app], *best)) best = &*best_[app];
      }
      if (fits(*best)) {
        make(*best);
        return true;
      }
      look_at(best->app);  // it did fit when it was found
    }
  }

 private:
  // The parts of an option that the search for a move needs.
  struct Target {
    double value = 0, own_cost = 0;
    std::uint32_t place = 0, option = 0;  // level and rate; index into InstanceApp::options
  };

  // The most valuable first.
  static std::vector<Target> targets_of(const InstanceApp& app, const StemGrid& stem) {
    std::vector<Target> targets;
    targets.reserve(app.options.size());
    for (const AppOption& option : app.options) {
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

  [[nodiscard]] std::vector<SegmentDemand> segments_of(const StemGrid& stem) const {
    return demand_on(instance_, stem, assignment_).segments;
  }

  void look_at(std::size_t app) {
    best_[app] = best_of(app);
    merit_[app] = !best_[app]          ? 0
                  : best_[app]->free() ? std::numeric_limits<double>::infinity()
                                       : best_[app]->ratio();
  }

  void make(Move move) {
    const std::size_t s = instance_.apps[move.app].stem;
    const StemGrid& stem = instance_.stems[s];
    assignment_[move.app] = move.option;
    cost_ += move.extra;
    const std::vector<SegmentDemand> before = std::exchange(demand_[s], segments_of(stem));
    bool any_changed = false, rates_changed = false;
    std::set<std::size_t> changed{move.app};
    for (std::size_t j = 1; j < before.size(); ++j) {
      const SegmentDemand &was = before[j], &now = demand_[s][j];
      rates_changed = rates_changed || was.rate != now.rate;
      if (has_same_rates(was, now)) continue;
      any_changed = true;
      changed.insert({was.asking, now.asking});
    }
    if (any_changed) extra_cost_[s].clear();
    if (move.extra < 0) {  // what did not fit may do so now
      for (std::size_t app = 0; app < best_.size(); ++app) look_at(app);
    } else if (rates_changed) {
      for (const std::size_t app : stem.apps) look_at(app);
    } else {
      for (const std::size_t app : changed) look_at(app);
    }
  }

  // By level and rate: what the stem costs more with an option there than without the app. One table serves
  // all apps that extra_cost no segment's rate.
  [[nodiscard]] const double* extra_costs_for(std::size_t app) {
    const std::size_t s = instance_.apps[app].stem;
    const bool is_asking = std::ranges::any_of(
        demand_[s], [&](const SegmentDemand& d) { return d.asking == app && d.rate > d.second_rate; });
    std::vector<double>& table = is_asking ? own_extra_cost_ : extra_cost_[s];
    if (is_asking || table.empty()) tabulate(instance_.stems[s], demand_[s], app, table);
    return table.data();
  }

  static void tabulate(const StemGrid& stem, const std::vector<SegmentDemand>& demand, std::size_t app,
                       std::vector<double>& table) {
    table.assign(stem.levels.size() * stem.rates.size(), 0.0);
    for (std::size_t j = 1; j < stem.levels.size(); ++j) {
      const double others = stem.rates[static_cast<std::size_t>(demand[j].rate_without(app))];
      const double* before = table.data() + (j - 1) * stem.rates.size();
      double* here = table.data() + j * stem.rates.size();
      for (std::size_t r = 0; r < stem.rates.size(); ++r) {
        here[r] = before[r] + stem.segment_costs[0][j] * std::max(0.0, stem.rates[r] - others);
      }
    }
  }

  std::optional<Move> best_of(std::size_t app) {
    const auto& options = instance_.apps[app].options;
    const StemGrid& stem = instance_.stems[instance_.apps[app].stem];
    const AppOption& now = options[assignment_[app]];
    const double* extra_cost = extra_costs_for(app);
    const double cost_now =
        now.own_cost + extra_cost[static_cast<std::size_t>(now.level) * stem.rates.size() +
                                  static_cast<std::size_t>(now.rate)];
    std::optional<Move> best;
    double least_ratio = 0;  // of a move that may be as good
    for (const Target& to : targets_[app]) {
      if (to.value <= now.value + kEqual) break;
      const double gain = to.value - now.value, extra = to.own_cost + extra_cost[to.place] - cost_now;
      if (extra > kEqual && gain < least_ratio * extra) continue;
      const Move move{app, to.option, gain, extra, options[to.option].rate, options[to.option].frozen};
      if (!fits(move) || (best && !is_better(move, *best))) continue;
      best = move;
      least_ratio = move.free() ? std::numeric_limits<double>::infinity() : move.ratio() * (1 - 2 * kEqual);
    }
    return best;
  }

  const Instance& instance_;
  Assignment assignment_;
  double cost_;
  std::vector<std::vector<SegmentDemand>> demand_;  // by stem and level, of the assignment
  std::vector<std::vector<Target>> targets_;
  std::vector<std::optional<Move>> best_;
  std::vector<double> merit_;                    // gain per cost of the best moves, 0: none
  std::vector<std::vector<double>> extra_cost_;  // by stem, level and rate; empty: out of date
  std::vector<double> own_extra_cost_;
};

// The cheapest options of one stem's apps with every app at the lowest rate, which is nearly always the
// cheapest: then the only thing to choose is where the stem ends.
class CheapestOfStem {
 public:
  CheapestOfStem(const Instance& instance, const StemGrid& stem) : instance_(instance), stem_(stem) {}

  // Writes them to the assignment. False when some app has no option at that rate, or a cheaper one at
  // another.
  bool find(Assignment& assignment) {
    for (const std::size_t a : stem_.apps) {
      if (!add(instance_.apps[a])) return false;
    }
    double least = std::numeric_limits<double>::infinity(), stem_cost = 0;
    std::vector<const OwnCost*> best(stem_.apps.size(), &none_), now = best;
    for (std::size_t level = 0; level < stem_.levels.size(); ++level) {
      if (level > 0) stem_cost += stem_.segment_costs[0][level] * stem_.rates[1];
      double cost = stem_cost;
      for (std::size_t i = 0; i < now.size(); ++i) {
        const OwnCost& here = cheapest_[i * stem_.levels.size() + level];
        if (here.own_cost <= now[i]->own_cost) now[i] = &here;
        cost += now[i]->own_cost;
      }
      if (cost > least + kEqual * std::max(1.0, least)) continue;  // of equal ones the one that shares most
      least = cost;
      best = now;
    }
    for (std::size_t i = 0; i < best.size(); ++i) assignment[stem_.apps[i]] = best[i]->option;
    return least < std::numeric_limits<double>::infinity();
  }

 private:
  struct OwnCost {
    double own_cost = std::numeric_limits<double>::infinity();
    std::size_t option = 0;
  };

  bool add(const InstanceApp& app) {
    const std::size_t first = cheapest_.size();
    cheapest_.resize(first + stem_.levels.size());
    for (const bool lowest : {true, false}) {
      for (std::size_t o = 0; o < app.options.size(); ++o) {
        const AppOption& option = app.options[o];
        if ((option.rate == 1) != lowest) continue;
        OwnCost& here = cheapest_[first + static_cast<std::size_t>(option.level)];
        if (option.own_cost >= here.own_cost) continue;
        if (!lowest) return false;
        here = {option.own_cost, o};
      }
    }
    return true;
  }

  const Instance& instance_;
  const StemGrid& stem_;
  std::vector<OwnCost> cheapest_;  // by app of the stem and level
  OwnCost none_;
};

// A cheapest schedule; of equally cheap ones one that shares much.
Assignment cheapest_start(const Instance& instance) {
  Assignment assignment(instance.apps.size());
  const bool is_found = std::ranges::all_of(instance.stems, [&](const StemGrid& stem) {
    return stem.apps.empty() || CheapestOfStem(instance, stem).find(assignment);
  });
  if (is_found) return assignment;
  auto cheapest = cheapest_schedule(instance);
  if (cheapest) return std::move(cheapest->assignment);
  return assignment;
}

}  // namespace

Assignment greedy(const Instance& instance) {
  MoveSearch moves(instance, cheapest_start(instance));
  while (moves.make_one()) {
  }
  return moves.assignment();
}

}  // namespace mainstream
