// Spends what is left of a budget on shorter delays: docs/scheduling.md, "What is left".
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "mainstream/error.hpp"
#include "schedule/candidate_quality.hpp"
#include "schedule/evaluation.hpp"
#include "schedule/limits.hpp"
#include "schedule/search/algorithm_options.hpp"
#include "schedule/search/stem_limits.hpp"
#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

// F1 may fall by this part of its standard error: that much is more likely chance than loss.
constexpr double kErrorSpent = 0.5;
// An error of 0 says that a few events came out alike, not that F1 is known so well.
constexpr double kLeastError = 0.02;

// The mean time in seconds from an event's start to the frame that completes the votes.
double delay_of(const AppOption& option) {
  return (option.votes - 0.5) / option.fps;
}

class Spending {
 public:
  Spending(const Problem& problem, const Schedule& schedule)
      : problem_(problem),
        instance_(make_instance(problem, expand(problem, expansion_for(schedule.algorithm)))),
        assignment_(assignment_of(problem, instance_, schedule)) {
    for (std::size_t a = 0; a < assignment_.size(); ++a) least_f1_.push_back(least_f1(a));
    cost_ = cost_of(instance_, assignment_).value_or(std::numeric_limits<double>::infinity());
  }

  [[nodiscard]] Schedule run() {
    while (spend()) {
    }
    return make_schedule(problem_, instance_, assignment_);
  }

 private:
  // The F1 that an app must keep; above 1, so that nothing is spent on it, where it was not measured.
  [[nodiscard]] double least_f1(std::size_t app) const {
    const Problem::App& given = problem_.apps[app];
    const AppOption& now = instance_.apps[app].options[assignment_[app]];
    if (!given.options.empty()) return 2;
    const Problem::Candidate& candidate = given.candidates[now.entry];
    if (candidate.measured.empty() || candidate.modelled) return 2;
    const double error = candidate_quality(given.events, candidate, now.fps).f1_error;
    return now.f1 - kErrorSpent * std::max(error, kLeastError);
  }

  // Takes the step that costs least per second of delay saved. False when none fits.
  bool spend() {
    double cheapest = std::numeric_limits<double>::infinity(), cost = 0;
    std::size_t best_app = 0, best_option = 0;
    for (std::size_t app = 0; app < assignment_.size(); ++app) {
      const auto& options = instance_.apps[app].options;
      const std::size_t now = assignment_[app];
      for (std::size_t o = 0; o < options.size(); ++o) {
        if (!is_step(app, options[now], options[o])) continue;
        assignment_[app] = o;
        const auto there = cost_of(instance_, assignment_);
        assignment_[app] = now;
        if (!there || !within_budget(*there, instance_.budget)) continue;
        const double ratio = std::max(0.0, *there - cost_) / (delay_of(options[now]) - delay_of(options[o]));
        if (ratio >= cheapest) continue;
        cheapest = ratio;
        cost = *there;
        best_app = app;
        best_option = o;
      }
    }
    if (cheapest == std::numeric_limits<double>::infinity()) return false;
    const std::size_t before = std::exchange(assignment_[best_app], best_option);
    if (!keeps_limit(problem_.apps[best_app].stem)) {
      assignment_[best_app] = before;
      least_f1_[best_app] = 2;  // nothing more is spent on it
      return true;
    }
    cost_ = cost;
    return true;
  }

  [[nodiscard]] bool keeps_limit(std::size_t stem) const {
    const double limit = problem_.stems[stem].limit;
    if (limit == std::numeric_limits<double>::infinity()) return true;
    return within_budget(stem_loads(problem_, make_schedule(problem_, instance_, assignment_))[stem], limit);
  }

  [[nodiscard]] bool is_step(std::size_t app, const AppOption& now, const AppOption& next) const {
    return next.entry == now.entry && next.fps > now.fps && delay_of(next) < delay_of(now) - kEqual &&
           next.f1 >= least_f1_[app] && within_limits(problem_.apps[app], next);
  }

  const Problem& problem_;
  Instance instance_;
  Assignment assignment_;
  std::vector<double> least_f1_;
  double cost_ = 0;
};

}  // namespace

Schedule spend_rest(const Problem& problem, const Schedule& schedule) {
  validate(problem);
  if (!schedule.feasible) return schedule;
  if (schedule.apps.size() != problem.apps.size()) {
    throw Error(ErrorKind::usage,
                fmt::format("the schedule belongs to another problem: expected {} apps, got {}",
                            problem.apps.size(), schedule.apps.size()));
  }
  Schedule result = Spending(problem, schedule).run();
  result.algorithm = schedule.algorithm;
  result.objective = schedule.objective;
  result.bound = schedule.bound;
  result.price = schedule.price;
  result.spent = std::max(0.0, result.cost - schedule.cost);
  result.proven = schedule.proven && result.spent == 0;
  return result;
}

}  // namespace mainstream
