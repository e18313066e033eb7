// What a budget still has to give when no more F1 is to be had for it.
#include <algorithm>
#include <limits>

#include "mainstream/error.hpp"
#include "schedule/answer.hpp"
#include "schedule/curve.hpp"
#include "schedule/limits.hpp"
#include "schedule/modes.hpp"
#include "schedule/same.hpp"

namespace mainstream {
namespace {

// F1 may fall by this part of its error, which is still more likely than not no fall at all.
constexpr double kOfError = 0.5;

// From an event's start to the frame that completes the votes, on average.
double delay_of(const InstanceOption& option) {
  return (option.votes - 0.5) / option.fps;
}

class Spending {
 public:
  Spending(const Problem& problem, const Schedule& schedule)
      : problem_(problem),
        instance_(make_instance(problem, expand(problem, expansion_for(schedule.algorithm)))) {
    for (std::size_t a = 0; a < schedule.apps.size(); ++a) {
      assignment_.push_back(place_of(a, schedule.apps[a].choice));
      least_f1_.push_back(least_f1(a));
    }
    cost_ = assignment_cost(instance_, assignment_).value_or(std::numeric_limits<double>::infinity());
  }

  [[nodiscard]] Schedule run() {
    while (spend()) {
    }
    return make_schedule(problem_, instance_, assignment_);
  }

 private:
  [[nodiscard]] std::size_t place_of(std::size_t app, const Choice& choice) const {
    const auto& options = instance_.apps[app].options;
    const auto found = std::ranges::find_if(
        options, [&](const auto& option) { return is_choice(problem_.apps[app], option, choice); });
    if (found == options.end()) {
      throw Error(ErrorKind::usage, "the schedule is not one of this problem: app \"" +
                                        problem_.apps[app].id + "\" cannot be set to what it says");
    }
    return static_cast<std::size_t>(found - options.begin());
  }

  // More than any app has where errors are not known, so that nothing is spent on it.
  [[nodiscard]] double least_f1(std::size_t app) const {
    const Problem::App& given = problem_.apps[app];
    const InstanceOption& now = instance_.apps[app].options[assignment_[app]];
    if (!given.options.empty()) return 2;
    const double error = candidate_quality(given.events, given.candidates[now.entry], now.fps).f1_error;
    return error > 0 ? now.f1 - kOfError * error : 2;
  }

  // The step that costs least for what it takes from a delay. False when none fits any more.
  bool spend() {
    double cheapest = std::numeric_limits<double>::infinity(), cost = 0;
    std::size_t best_app = 0, best_option = 0;
    for (std::size_t app = 0; app < assignment_.size(); ++app) {
      const auto& options = instance_.apps[app].options;
      const std::size_t now = assignment_[app];
      for (std::size_t o = 0; o < options.size(); ++o) {
        if (!is_step(app, options[now], options[o])) continue;
        assignment_[app] = o;
        const auto there = assignment_cost(instance_, assignment_);
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
    assignment_[best_app] = best_option;
    cost_ = cost;
    return true;
  }

  [[nodiscard]] bool is_step(std::size_t app, const InstanceOption& now, const InstanceOption& next) const {
    return next.entry == now.entry && next.fps > now.fps && delay_of(next) < delay_of(now) - kSame &&
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
    throw Error(ErrorKind::usage, "the schedule is not one of this problem: it has another number of apps");
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
