// When to make a new schedule.
#pragma once

#include <optional>
#include <string>

#include "mainstream/planning.hpp"

namespace mainstream {

// A plan to deploy, and why.
struct PlanChange {
  MixPlan plan;
  std::string reason;
};

// Asks for a cheaper plan when the present one has exceeded the budget for a while, and for a better one when
// enough room has appeared; more slowly each time that a better one had to be taken back, so that plans do
// not swing. One plan for all streams of the planner's mix. Pure computation, one thread; solving takes up to
// half a second.
class ReschedulingPolicy {
 public:
  // `plan` is in force; it was solved for `budget`, in milliseconds per second. The planner outlives the
  // policy.
  ReschedulingPolicy(const Planner& planner, MixPlan plan, double budget);

  // Call after each observation with what is known then. `now_s` is the time in seconds on any clock, and
  // `observed_s` how long the observation took. The caller deploys a change and then calls deployed().
  [[nodiscard]] std::optional<PlanChange> consider(const Costs& costs, double budget, double now_s,
                                                   double observed_s);
  void deployed(MixPlan plan);
  // Something is possible that was not when the plan was made: the next consider() that may look for a better
  // plan does.
  void look_again() { look_again_ = true; }

  [[nodiscard]] const MixPlan& plan() const { return plan_; }  // in force

 private:
  [[nodiscard]] bool has_room(double cost, double budget, double now_s) const;
  void solved(double cost, double budget);
  [[nodiscard]] std::optional<PlanChange> lower(const Costs& costs, double budget, double cost, double now_s);
  [[nodiscard]] std::optional<PlanChange> raise(const Costs& costs, double budget, const Schedule& present,
                                                double now_s);

  const Planner& planner_;
  MixPlan plan_;
  double made_cost_, made_budget_;      // when the present plan was made
  double solved_cost_, solved_budget_;  // when a plan was last solved for
  bool look_again_ = false;
  double unavoidable_cost_ = 0;  // the present plan's, if none was found that costs less; else 0

  // Seconds on the caller's clock.
  std::optional<double> over_since_s_;
  std::optional<double> changed_at_s_;  // before a change: the first observation
  std::optional<double> raised_at_s_;   // the last change that used more
  std::optional<double> looked_at_s_;   // when room was last looked for in vain
  double raise_wait_s_;
};

}  // namespace mainstream
