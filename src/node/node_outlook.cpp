// What a node would do with another setup: plans it as a change would, and leaves it at that.
#include <algorithm>
#include <utility>

#include "node/node_impl.hpp"

namespace mainstream {
namespace {

NodeOutlook::Step step_of(const Mix& mix, const NextStep& step) {
  NodeOutlook::Step result;
  result.candidate = step.choice.candidate;
  result.fps = step.choice.fps;
  result.f1 = step.f1;
  result.extra_cost = step.extra_cost;
  if (!step.taken.feasible) result.why_not = step.taken.reason;
  for (const F1Change& change : step.others)
    result.taken_from.push_back({mix.apps[change.app].id, change.before, change.after});
  return result;
}

// The plan of the mix, put where the setup has the apps.
void put_plan(const Mix& mix, const MixPlan& plan, const std::vector<std::optional<NextStep>>& steps,
              NodeOutlook& outlook) {
  for (std::size_t a = 0; a < plan.settings.size(); ++a) {
    const auto app = std::ranges::find(outlook.apps, mix.apps[a].id, &NodeOutlook::App::id);
    app->planned = true;
    app->reason.clear();
    app->setting = mix.apps[a].overridden(plan.settings[a]);
    app->expected_f1 = plan.schedule.apps[a].f1;
    if (a < steps.size() && steps[a]) app->more = step_of(mix, *steps[a]);
  }
}

// Before a plan says otherwise.
std::vector<NodeOutlook::App> without_plan(const std::vector<NodeApp>& apps) {
  std::vector<NodeOutlook::App> result;
  for (const NodeApp& app : apps) {
    NodeOutlook::App& one = result.emplace_back();
    one.id = app.id;
    one.stream = app.stream;
    one.reason = "its stream " + app.stream + " is not up";
  }
  return result;
}

}  // namespace

Runtime::Budget EdgeNode::Impl::imagined_budget(const NodeSetup& setup, std::size_t stems,
                                                std::optional<double> cores) const {
  const MutexLock changing(changing_);
  if (!cores) return budget(setup, stems);
  const int workers =
      options_.workers > 0 ? options_.workers : std::max(1, static_cast<int>(*cores) / runtime_->threads());
  return budget_with(setup, stems, *cores, workers);
}

NodeOutlook EdgeNode::Impl::outlook(const NodeSetup& setup, std::optional<double> cores) const {
  NodeFiles files;
  {
    const MutexLock changing(changing_);
    files = files_;
  }
  files.open(setup);
  const Mix mix = mix_for(files, setup, formats_of(setup));
  Runtime::Budget budget = imagined_budget(setup, mix.stems.size(), cores);
  NodeOutlook outlook;
  outlook.apps = without_plan(setup.apps);
  outlook.budget = cores || budget.given ? budget.ms_per_s : runtime_->planned_budget(budget);
  outlook.decoding = outlook.cost = whole_ms_per_s(budget.decoding);
  if (mix.apps.empty()) return outlook;

  EstimatedCosts estimate = runtime_->estimated_costs_of(mix);
  estimate.costs.decoding = std::move(budget.decoding);
  const Planner planner(mix, {options_.mode, options_.algorithm, options_.objective});
  outlook.guessed = std::ranges::count(estimate.measured, false) > 0;
  const MixPlan plan = planner.solve(estimate.costs, outlook.budget);
  const Schedule& schedule = plan.schedule;
  outlook.feasible = schedule.feasible;
  outlook.reason = schedule.reason;
  outlook.cost = schedule.cost;
  outlook.decoding = plan.decoding;
  outlook.mean_f1 = schedule.mean_f1;
  outlook.min_f1 = schedule.min_f1;
  if (schedule.feasible) {
    put_plan(mix, plan, planner.next_steps(estimate.costs, plan), outlook);
  } else {
    for (NodeOutlook::App& app : outlook.apps) app.reason = "no plan fits: " + schedule.reason;
  }
  return outlook;
}

}  // namespace mainstream
