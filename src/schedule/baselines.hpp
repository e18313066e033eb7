// What simpler algorithms would choose from: a heuristic that is to be as good as all of them looks there,
// too.
#pragma once

#include <vector>

#include "schedule/best_mean.hpp"

namespace mainstream {

// A part of an instance: the options of each app that are in it, by their places in the whole.
struct Part {
  Instance instance;
  std::vector<Assignment> original;

  // In terms of the whole.
  [[nodiscard]] Assignment in_whole(Assignment assignment) const;
  // In terms of the part; nothing when it has not all of these options.
  [[nodiscard]] std::optional<Assignment> in_part(const Assignment& assignment) const;
};

// How often the search of a part may go on when asked.
inline constexpr int kPartStops = 100;

// The options for which `keep(app, option)` is true. Nothing where that leaves an app without any.
template <typename Keep>
std::optional<Part> part_of(const Instance& instance, const Keep& keep) {
  Part part;
  part.instance.budget = instance.budget;
  part.instance.stems = instance.stems;
  for (std::size_t a = 0; a < instance.apps.size(); ++a) {
    const InstanceApp& app = instance.apps[a];
    InstanceApp& kept = part.instance.apps.emplace_back(InstanceApp{app.stem, app.last, {}});
    Assignment& places = part.original.emplace_back();
    for (std::size_t o = 0; o < app.options.size(); ++o) {
      if (!keep(a, app.options[o])) continue;
      kept.options.push_back(app.options[o]);
      places.push_back(o);
    }
    if (places.empty()) return std::nullopt;
  }
  return part;
}

// The parts in which every app has one branchpoint: for each branchpoint of anybody, every app at it or at
// its last one before it (as `fixed`), and every app at its last one (as `max_sharing`).
[[nodiscard]] std::vector<Part> single_branchpoints(const Instance& instance);

// Takes the assignment where it is within the budget, and better.
void offer(const Instance& instance, const Assignment& assignment, BestMean& best);

// Looks for better schedules in those parts, and among the ones without sharing, as far as the price does not
// tell that there are none.
void search_baselines(const Instance& instance, BestMean& best);

}  // namespace mainstream
