// Observation against plan: what things really cost, what the machine really gives, and when that is worth a
// new schedule.
#pragma once

#include <optional>
#include <string>

#include "mainstream/planning.hpp"
#include "run/statistics.hpp"

namespace mainstream {

// Fed with the statistics of a live run on one stream. Pure computation on stream time, no clock, no threads.
//
// Costs follow what is observed (an exponential average); what did not run is scaled like the rest. A budget
// that was not given follows too: down to what the engine got done while frames were lost, and up again in
// small steps while none are. A new schedule comes when the present one has exceeded the budget for a while,
// or when enough room has appeared for a better one; more slowly each time that a better one had to be
// taken back, so that it does not swing.
class Feedback {
 public:
  struct Options {
    double budget = 0;          // milliseconds per second, to begin with
    bool budget_given = false;  // then it stays
  };

  // `plan` is in force from stream time 0 as number `number`.
  Feedback(const Planner& planner, const Options& options, Costs costs, MixPlan plan, int number);

  struct Change {
    MixPlan plan;
    std::string reason;
  };
  // To be called about once a second; `dropped` counts the frames that nobody took since the run began. When
  // it returns a change, the caller deploys it and tells deployed().
  [[nodiscard]] std::optional<Change> observe(const PlanStatistics& statistics, std::int64_t dropped);
  // The change is in force as plan `number`: observations of older ones say nothing any more.
  void deployed(const Change& change, int number);

  [[nodiscard]] const Costs& costs() const { return costs_; }
  [[nodiscard]] double budget() const { return budget_; }
  [[nodiscard]] const MixPlan& plan() const { return plan_; }

 private:
  struct Window;  // what happened since the last observation

  struct Errors;  // observed over expected cost, part by part

  void correct_costs(const Window& window);
  [[nodiscard]] Errors compare(const Window& window) const;
  [[nodiscard]] double expected_ms(std::size_t first, std::size_t last) const;
  [[nodiscard]] double expected_own_ms(std::size_t app) const;
  void correct_budget(const Window& window, bool any_dropped, double now);
  [[nodiscard]] std::optional<Change> consider(const Window& window, double now);
  [[nodiscard]] std::optional<Change> lower(double cost, double now);
  [[nodiscard]] std::optional<Change> raise(const Schedule& present, double now);
  [[nodiscard]] static double gain_of(const Schedule& better, const Schedule& present);

  const Planner& planner_;
  const Options options_;
  Costs costs_;
  double budget_;
  MixPlan plan_;
  double cost_when_solved_, budget_when_solved_;
  double unavoidable_cost_ = 0;  // of the present schedule, where no other costs less
  int number_;                   // of the plan
  PlanStatistics last_;
  std::int64_t dropped_ = 0;

  bool begun_ = false;
  // Stream seconds.
  std::optional<double> over_since_;
  double changed_at_ = 0, calm_since_ = 0;
  std::optional<double> raised_at_;  // the last change that used more
  double patience_;                  // between a change and one that uses more
};

}  // namespace mainstream
