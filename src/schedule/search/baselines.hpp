// Searches of the parts of an instance that simpler algorithms choose from, so that the heuristic is never
// worse than they are.
#pragma once

#include <vector>

#include "schedule/search/best_mean.hpp"

namespace mainstream {

// Some options of each app of an instance.
struct Part {
  Instance instance;
  std::vector<Assignment> original;  // by app: the options' indices in the whole instance

  [[nodiscard]] Assignment in_whole(Assignment assignment) const;
  // Nothing when the part lacks one of these options.
  [[nodiscard]] std::optional<Assignment> in_part(const Assignment& assignment) const;
};

// How often the search of a part may go on when it asks.
inline constexpr int kStopsInPart = 100;

// The options for which `keep(app, option)` is true. Nothing when an app is left without any.
template <typename Keep>
std::optional<Part> part_of(const Instance& instance, const Keep& keep) {
  Part part;
  part.instance.budget = instance.budget;
  part.instance.stems = instance.stems;
  for (std::size_t a = 0; a < instance.apps.size(); ++a) {
    const InstanceApp& app = instance.apps[a];
    InstanceApp& kept = part.instance.apps.emplace_back(InstanceApp{app.stem, app.last_frozen, {}});
    Assignment& original = part.original.emplace_back();
    for (std::size_t o = 0; o < app.options.size(); ++o) {
      if (!keep(a, app.options[o])) continue;
      kept.options.push_back(app.options[o]);
      original.push_back(o);
    }
    if (original.empty()) return std::nullopt;
  }
  return part;
}

// The parts in which each app has one branchpoint: for each branchpoint of any app, all apps at it or at
// their last one before it (as Algorithm::fixed), and all apps at their last one (as Algorithm::max_sharing).
[[nodiscard]] std::vector<Part> single_branchpoints(const Instance& instance);

// Improves `best` by schedules from those parts and by schedules without sharing, except where a bound at its
// price excludes better ones. When `stop`, which may be empty, returns true, each part gets a quick answer.
void search_baselines(const Instance& instance, const std::function<bool()>& stop, BestMean& best);

}  // namespace mainstream
