#include "run/rescheduling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "run/feedback_constants.hpp"

namespace mainstream {
namespace {

double gain(const Schedule& better, const Schedule& present) {
  return better.objective == Objective::max_min ? better.min_f1 - present.min_f1
                                                : better.mean_f1 - present.mean_f1;
}

PlanChange change_to(MixPlan plan, double cost, double budget) {
  return {std::move(plan),
          fmt::format("the schedule really needs {:.1f} ms/s, budget is {:.1f}", cost, budget)};
}

}  // namespace

ReschedulingPolicy::ReschedulingPolicy(const Planner& planner, MixPlan plan, double budget)
    : planner_(planner),
      plan_(std::move(plan)),
      made_cost_(plan_.schedule.cost),
      made_budget_(budget),
      solved_cost_(plan_.schedule.cost),
      solved_budget_(budget),
      raise_wait_s_(feedback::kRaiseWaitSeconds) {}

void ReschedulingPolicy::deployed(MixPlan plan) {
  plan_ = std::move(plan);
  unavoidable_cost_ = 0;
}

std::optional<PlanChange> ReschedulingPolicy::consider(const Costs& costs, double budget, double now_s,
                                                       double observed_s) {
  if (!changed_at_s_) changed_at_s_ = now_s;
  const MixPlan present = planner_.evaluate(costs, budget, plan_.settings);
  const double cost = present.schedule.cost;
  if (cost > feedback::kTolerance * std::max(budget, unavoidable_cost_)) {
    if (!over_since_s_) over_since_s_ = now_s - observed_s;
    return now_s - *over_since_s_ < feedback::kOverSeconds ? std::nullopt : lower(costs, budget, cost, now_s);
  }
  over_since_s_.reset();
  return has_room(cost, budget, now_s) && now_s - *changed_at_s_ >= raise_wait_s_
             ? raise(costs, budget, present.schedule, now_s)
             : std::nullopt;
}

// Room that costs free little by little may be worth nothing at each look and something in the end.
bool ReschedulingPolicy::has_room(double cost, double budget, double now_s) const {
  const auto room_since = [&](double cost_then, double budget_then) {
    return cost < (1 - feedback::kRoom) * cost_then * budget / budget_then;
  };
  return look_again_ || room_since(solved_cost_, solved_budget_) ||
         (looked_at_s_ && now_s - *looked_at_s_ >= feedback::kLookAgainSeconds &&
          room_since(made_cost_, made_budget_));
}

void ReschedulingPolicy::solved(double cost, double budget) {
  look_again_ = false;
  made_cost_ = solved_cost_ = cost;
  made_budget_ = solved_budget_ = budget;
  looked_at_s_.reset();
}

std::optional<PlanChange> ReschedulingPolicy::lower(const Costs& costs, double budget, double cost,
                                                    double now_s) {
  MixPlan cheaper = planner_.solve(costs, budget);
  over_since_s_.reset();
  solved(cheaper.schedule.cost, budget);
  if (cheaper.settings == plan_.settings) {
    unavoidable_cost_ = cost;  // nothing costs less: solving again at this cost is no use
    return std::nullopt;
  }
  if (raised_at_s_ && now_s - *raised_at_s_ < feedback::kMistakeSeconds) {
    raise_wait_s_ = std::min(2 * raise_wait_s_, feedback::kLongestRaiseWaitSeconds);
  }
  raised_at_s_.reset();
  changed_at_s_ = now_s;
  return change_to(std::move(cheaper), cost, budget);
}

std::optional<PlanChange> ReschedulingPolicy::raise(const Costs& costs, double budget,
                                                    const Schedule& present, double now_s) {
  // The margin is for the next fluctuation, which would take the raise back.
  MixPlan better = planner_.solve(costs, feedback::kMargin * budget);
  if (!better.schedule.feasible || gain(better.schedule, present) < feedback::kWorthwhileGain) {
    look_again_ = false;
    solved_cost_ = present.cost;
    solved_budget_ = budget;
    looked_at_s_ = now_s;
    return std::nullopt;
  }
  solved(better.schedule.cost, budget);
  raised_at_s_ = changed_at_s_ = now_s;
  return change_to(std::move(better), present.cost, budget);
}

}  // namespace mainstream
