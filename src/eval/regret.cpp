#include "mainstream/comparison.hpp"
#include "mainstream/experiments.hpp"

#include <algorithm>
#include <utility>

#include "eval/replayed_quality.hpp"
#include "eval/statistics.hpp"

namespace mainstream {
namespace {

// F1 of the apps with events; 0 for all where no schedule fits.
std::vector<double> seen_f1(const ReplayedQuality& seen, const Mix& mix, const MixPlan& plan) {
  std::vector<double> f1;
  for (std::size_t app = 0; app < mix.apps.size(); ++app) {
    if (!seen.has_events(app)) continue;
    f1.push_back(plan.schedule.feasible ? seen.counts(app, plan.settings[app]).f1().value_or(0) : 0);
  }
  return f1;
}

MixPlan best_in_hindsight(const Mix& mix, const Costs& costs, const ReplayedQuality& seen, double budget) {
  const Problem problem = seen.known(make_problem(mix, costs, budget));
  SolveOptions options;
  options.stop = stop_after(kSearchTime);  // replaying takes longer than the search may
  return Planner(mix, {}).plan_of(solve(problem, options));
}

}  // namespace

std::vector<RegretPoint> regret_of(const TrainedMix& trained, const TrainedMix* tails_only,
                                   const std::vector<double>& shares) {
  const ReplayedQuality seen(trained.mix, trained.scores);
  std::optional<ReplayedQuality> seen_tails;
  if (tails_only != nullptr) seen_tails.emplace(tails_only->mix, tails_only->scores);
  std::vector<RegretPoint> points;
  for (const double share : shares) {
    RegretPoint& point = points.emplace_back();
    point.share = share;
    point.budget = share * whole_bases_cost(trained.mix, trained.costs);
    for (const Method& method : methods()) {
      if (method.tails_only && !seen_tails) continue;
      const TrainedMix& of = method.tails_only ? *tails_only : trained;
      const MixPlan plan = Planner(of.mix, {.mode = method.mode}).solve(of.costs, point.budget);
      point.f1[method.name] = seen_f1(method.tails_only ? *seen_tails : seen, of.mix, plan);
      point.promised[method.name] = plan.schedule.feasible ? plan.schedule.mean_f1 : 0;
    }
    point.f1[kHindsight] =
        seen_f1(seen, trained.mix, best_in_hindsight(trained.mix, trained.costs, seen, point.budget));
  }
  return points;
}

std::vector<RegretSummary> summarise(const std::vector<std::vector<RegretPoint>>& cuts) {
  std::vector<RegretSummary> summaries;
  if (cuts.empty()) return summaries;
  for (std::size_t p = 0; p < cuts.front().size(); ++p) {
    RegretSummary& summary = summaries.emplace_back();
    summary.share = cuts.front()[p].share;
    for (const auto& [name, of_first] : cuts.front()[p].f1) {
      const bool in_all =
          std::ranges::all_of(cuts, [&, &name = name](const auto& cut) { return cut[p].f1.contains(name); });
      if (!in_all) continue;  // an app kept no tail in some training
      std::vector<double> values, behind;
      for (const std::vector<RegretPoint>& cut : cuts) {
        const std::vector<double>&own = cut[p].f1.at(name), &ours = cut[p].f1.at(kMainstream);
        values.insert(values.end(), own.begin(), own.end());
        for (std::size_t app = 0; app < own.size(); ++app) behind.push_back(ours[app] - own[app]);
      }
      summary.methods[name] = {mean(values), mean(behind), standard_error(behind)};
    }
  }
  return summaries;
}

}  // namespace mainstream
