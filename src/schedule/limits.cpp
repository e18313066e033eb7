#include "schedule/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/text.hpp"
#include "schedule/search/relaxation.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

bool has_limits(const Problem::App& app) {
  return app.min_fps || app.max_fps || app.min_f1 || app.fixed_fps || app.fixed_frozen || app.fixed_candidate;
}

std::string describe_limits(const Problem::App& app) {
  std::vector<std::string> parts;
  if (app.min_fps) parts.push_back(fmt::format("min_fps {}", *app.min_fps));
  if (app.max_fps) parts.push_back(fmt::format("max_fps {}", *app.max_fps));
  if (app.fixed_fps) parts.push_back(fmt::format("fixed_fps {}", *app.fixed_fps));
  if (app.fixed_frozen) parts.push_back(fmt::format("fixed_frozen {}", *app.fixed_frozen));
  if (app.fixed_candidate) parts.push_back(fmt::format("fixed_candidate {}", *app.fixed_candidate));
  if (app.min_f1) parts.push_back(fmt::format("min_f1 {}", *app.min_f1));
  return joined(parts, ", ");
}

// The cost of the cheapest schedule when only these apps must keep their limits.
double cost_with_limits_of(const Problem& problem, const AppOptions& all, const std::vector<bool>& keep) {
  AppOptions options = all;
  for (std::size_t a = 0; a < options.size(); ++a) {
    if (!keep[a]) continue;
    std::erase_if(options[a], [&](const auto& option) { return !within_limits(problem.apps[a], option); });
  }
  const auto cheapest = cheapest_schedule(make_instance(problem, std::move(options)));
  return cheapest ? cheapest->cost : std::numeric_limits<double>::infinity();
}

// Drops the limits of apps first .. end from `keep` as a whole if the rest still clashes with the budget,
// otherwise of each half where possible. Every app left in `keep` is needed for the clash.
void drop_limits(const Problem& problem, const AppOptions& all, std::vector<bool>& keep, std::size_t first,
                 std::size_t end) {
  std::vector<bool> without = keep;
  std::fill(without.begin() + static_cast<std::ptrdiff_t>(first),
            without.begin() + static_cast<std::ptrdiff_t>(end), false);
  if (without == keep) return;
  if (!within_budget(cost_with_limits_of(problem, all, without), problem.budget)) {
    keep = std::move(without);
  } else if (end - first > 1) {
    const std::size_t middle = first + (end - first) / 2;
    drop_limits(problem, all, keep, first, middle);
    drop_limits(problem, all, keep, middle, end);
  }
}

}  // namespace

bool within_limits(const Problem::App& app, const AppOption& option) {
  return !(app.min_fps && option.fps < *app.min_fps) && !(app.max_fps && option.fps > *app.max_fps) &&
         !(app.fixed_fps && option.fps != *app.fixed_fps) &&
         !(app.fixed_frozen && option.frozen != *app.fixed_frozen) &&
         !(app.fixed_candidate && candidate_of(app, option) != *app.fixed_candidate) &&
         !(app.min_f1 && option.f1 < *app.min_f1 - kEqual);
}

std::string clash_within(const Problem::App& app, const std::vector<AppOption>& options) {
  Problem::App without_f1 = app;
  without_f1.min_f1.reset();
  const AppOption* best = nullptr;
  for (const AppOption& option : options) {
    if (within_limits(without_f1, option) && (best == nullptr || option.f1 > best->f1)) best = &option;
  }
  const std::string limits = describe_limits(app);
  if (best == nullptr) return fmt::format("app \"{}\" has no option that keeps {}", app.id, limits);
  return fmt::format("app \"{}\" cannot keep {}: its best F1 is {:.6g}, with candidate {} at {} fps", app.id,
                     limits, best->f1, candidate_of(app, *best), best->fps);
}

std::string clash_with_budget(const Problem& problem, const AppOptions& all, double cheapest_cost) {
  std::vector<bool> keep;
  for (const Problem::App& app : problem.apps) keep.push_back(has_limits(app));
  const double without = cost_with_limits_of(problem, all, std::vector<bool>(keep.size(), false));
  if (within_budget(without, problem.budget)) drop_limits(problem, all, keep, 0, keep.size());
  // No limit clashes where a single branchpoint for all apps (Algorithm::fixed) is what does not fit.
  if (!within_budget(without, problem.budget) || std::ranges::count(keep, true) == 0) {
    return fmt::format("the cheapest schedule costs {:.6g}, the budget is {:.6g}", cheapest_cost,
                       problem.budget);
  }
  std::vector<std::string> clashing;
  for (std::size_t a = 0; a < keep.size(); ++a) {
    if (keep[a])
      clashing.push_back(fmt::format("\"{}\" ({})", problem.apps[a].id, describe_limits(problem.apps[a])));
  }
  return fmt::format(
      "the limits of {} do not fit the budget of {:.6g}: the cheapest schedule costs {:.6g} with all limits, "
      "{:.6g} without any",
      joined(clashing, " and "), problem.budget, cheapest_cost, without);
}

}  // namespace mainstream
