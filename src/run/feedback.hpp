// Observation against plan: the estimates of costs and budget, and the policy that reschedules by them.
#pragma once

#include <optional>
#include <vector>

#include "mainstream/planning.hpp"
#include "run/budget_estimate.hpp"
#include "run/cost_estimate.hpp"
#include "run/rescheduling.hpp"
#include "run/statistics.hpp"

namespace mainstream {

// Cuts the statistics of a mix's streams into windows (feedback::kWindowSeconds) and feeds them to the three.
// Live runs only. Pure computation on the caller's clock, one thread.
class Feedback {
 public:
  struct Options {
    double budget = 0;          // core-milliseconds per second; where it is not given, the highest estimate
    bool budget_given = false;  // then it stays as it is
    double share = 1;           // of a budget that is not given: the first estimate

    [[nodiscard]] double budget_now() const { return budget * share; }
  };

  // `plan` is in force as number `number` on all streams. The planner outlives the feedback.
  Feedback(const Planner& planner, const Options& options, Costs costs, MixPlan plan, int number);

  // Call about once a second for each stream, here that of the mix's stem `stem`. `dropped` counts the frames
  // that nobody took since the stream began; `now_s` is the time in seconds on one clock for all streams. The
  // caller deploys a change on all streams and then calls deployed().
  [[nodiscard]] std::optional<PlanChange> observe(std::size_t stem, const PlanStatistics& statistics,
                                                  std::int64_t dropped, double now_s);
  // The change is in force as plan `number`; statistics of older plans are ignored from now on.
  void deployed(const PlanChange& change, int number);
  // As it is now: what was measured of it, and what cameras can do.
  void set_decoding(Decoding decoding);

  [[nodiscard]] const Costs& costs() const { return costs_.costs(); }
  [[nodiscard]] double budget() const { return budget_.ms_per_s(); }
  [[nodiscard]] const MixPlan& plan() const { return policy_.plan(); }

 private:
  struct Stream {
    std::int64_t came = 0;           // frames, by the latest observation
    std::optional<double> came_s;    // when they had become more, on the caller's clock
    PlanStatistics last;             // at the last window's end
    std::int64_t dropped = 0;        // likewise
    std::optional<EngineLoad> load;  // in the last window
  };
  [[nodiscard]] EngineLoad load_of(std::size_t stem, const PlanStatistics& window, bool dropped) const;
  void estimate_budget(double now_s);

  const Planner& planner_;
  const bool budget_given_;
  CostEstimate costs_;
  BudgetEstimate budget_;
  ReschedulingPolicy policy_;
  int number_;                   // of the plan in force
  std::vector<Stream> streams_;  // by stem
};

}  // namespace mainstream
