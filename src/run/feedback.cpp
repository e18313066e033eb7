#include "run/feedback.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace mainstream {
namespace {

constexpr double kWindow = 2;       // seconds of stream that make one observation
constexpr double kCostMemory = 10;  // seconds after which an old cost counts for a third
// A schedule that costs a little more than planned is not worth a change, nor is a short disturbance.
constexpr double kTolerance = 1.05;
constexpr double kOverPatience = 4;
// Room must be this large, or this much better used, before it is taken.
constexpr double kRoom = 0.10;
constexpr double kWorthwhileGain = 0.01;  // of F1
constexpr double kRaisePatience = 15, kLongestPatience = 600;
// A raise that is taken back within this time was a mistake.
constexpr double kMistake = 60;
// Auto budget: a rate reached by less than this is a loss; less is jitter of counting.
constexpr double kReached = 0.95;
constexpr double kProbeAfter = 30, kProbeStep = 1.05;
constexpr double kMargin = 0.95;
constexpr double kSmallestShare = 0.05;  // of the first budget

Spent difference(const Spent& now, const Spent& before) {
  return {now.ms - before.ms, now.times - before.times};
}

void blend(double& value, double towards, double weight) {
  value += weight * (towards - value);
}

}  // namespace

struct Feedback::Window {
  Window(const PlanStatistics& now, const PlanStatistics& before)
      : length(seconds(*now.last - (before.last ? *before.last : *now.first))),
        analysed(now.analysed - before.analysed),
        busy_ms(now.busy_ms - before.busy_ms),
        scale(difference(now.scale, before.scale)) {
    for (const auto& [way, spent] : now.stem) {
      const auto earlier = before.stem.find(way);
      stem[way] = earlier == before.stem.end() ? spent : difference(spent, earlier->second);
    }
    for (std::size_t app = 0; app < now.own.size(); ++app) {
      own.push_back(app < before.own.size() ? difference(now.own[app], before.own[app]) : now.own[app]);
    }
  }

  double length;  // seconds
  std::int64_t analysed;
  double busy_ms;
  Spent scale;
  std::map<std::pair<std::size_t, std::size_t>, Spent> stem;
  std::vector<Spent> own;
};

Feedback::Feedback(const Planner& planner, const Options& options, Costs costs, Planned planned, int number)
    : planner_(planner),
      options_(options),
      costs_(std::move(costs)),
      budget_(options.budget),
      planned_(std::move(planned)),
      cost_when_solved_(planned_.schedule.cost),
      budget_when_solved_(options.budget),
      plan_(number),
      patience_(kRaisePatience) {}

std::optional<Feedback::Change> Feedback::observe(const PlanStatistics& statistics, std::int64_t dropped) {
  if (statistics.plan != plan_ || !statistics.last) return std::nullopt;
  const Window window(statistics, last_);
  if (window.length < kWindow) return std::nullopt;
  last_ = statistics;
  const double now = seconds(*statistics.last);
  if (std::exchange(begun_, true) == false) changed_at_ = calm_since_ = now;
  const bool any_dropped = std::exchange(dropped_, dropped) < dropped;
  correct_costs(window);
  if (!options_.budget_given) correct_budget(window, any_dropped, now);
  return consider(window, now);
}

void Feedback::deployed(const Change& change, int number) {
  planned_ = change.planned;
  plan_ = number;
  unavoidable_cost_ = 0;
  last_ = {};
}

// An observed way through the stem may span several of its parts: they share its error in proportion.
void Feedback::correct_costs(const Window& window) {
  const double weight = 1 - std::exp(-window.length / kCostMemory);
  double expected = 0, observed = 0;
  const auto compare = [&](double estimate, const Spent& spent) {
    expected += estimate * static_cast<double>(spent.times);
    observed += spent.ms;
    return estimate > 0 && spent.times > 0 ? spent.ms / static_cast<double>(spent.times) / estimate : 1.0;
  };

  const StemPrecisions& stem = planned_.stem;
  std::vector<double> stem_error(stem.size(), 0), stem_weight(stem.size(), 0);
  for (const auto& [way, spent] : window.stem) {
    double estimate = 0;
    for (std::size_t i = way.first; i < way.second; ++i) estimate += costs_.stem_ms.at(stem[i])[i];
    const double error = compare(estimate, spent);
    for (std::size_t i = way.first; i < way.second; ++i) {
      stem_error[i] += error * static_cast<double>(spent.times);
      stem_weight[i] += static_cast<double>(spent.times);
    }
  }
  std::vector<double> own_error;
  for (std::size_t app = 0; app < window.own.size(); ++app) {
    const Setting& setting = planned_.settings[app];
    own_error.push_back(
        compare(costs_.own_ms[app][setting.candidate].at(setting.precisions.tail), window.own[app]));
  }
  const double scale_error = compare(costs_.scale_ms, window.scale);
  const double common = expected > 0 ? observed / expected : 1.0;

  const auto correct = [&](double& cost, double error) { blend(cost, cost * error, weight); };
  correct(costs_.scale_ms, scale_error);
  for (auto& [precision, segments] : costs_.stem_ms) {
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const bool ran = precision == stem[i] && stem_weight[i] > 0;
      correct(segments[i], ran ? stem_error[i] / stem_weight[i] : common);
    }
  }
  for (std::size_t app = 0; app < own_error.size(); ++app) {
    const Setting& setting = planned_.settings[app];
    for (std::size_t candidate = 0; candidate < costs_.own_ms[app].size(); ++candidate) {
      for (auto& [precision, own] : costs_.own_ms[app][candidate]) {
        const bool ran = candidate == setting.candidate && precision == setting.precisions.tail &&
                         window.own[app].times > 0;
        correct(own, ran ? own_error[app] : common);
      }
    }
  }
}

void Feedback::correct_budget(const Window& window, bool any_dropped, double now) {
  double stem_fps = 0;
  for (const Setting& setting : planned_.settings) stem_fps = std::max(stem_fps, setting.fps);
  // One frame more or less is chance.
  const double reached = static_cast<double>(window.analysed + 1) / (stem_fps * window.length);
  // Without drops it is the camera that gives less than it said.
  if (reached < kReached && any_dropped) {
    // The engine was wanted all the time, so this is what it has to give.
    const double given = kMargin * window.busy_ms / window.length;
    if (given < budget_) blend(budget_, std::max(given, kSmallestShare * options_.budget), 0.5);
    calm_since_ = now;
  } else if (now - calm_since_ >= kProbeAfter) {
    budget_ = std::min(options_.budget, budget_ * kProbeStep);
    calm_since_ = now;
  }
}

std::optional<Feedback::Change> Feedback::consider(const Window& window, double now) {
  const Planned present = planner_.evaluate(costs_, budget_, planned_.settings);
  const double cost = present.schedule.cost;
  if (cost > kTolerance * std::max(budget_, unavoidable_cost_)) {
    if (!over_since_) over_since_ = now - window.length;
    return now - *over_since_ < kOverPatience ? std::nullopt : lower(cost, now);
  }
  over_since_.reset();
  const bool room = cost < (1 - kRoom) * cost_when_solved_ * budget_ / budget_when_solved_;
  return room && now - changed_at_ >= patience_ ? raise(present.schedule, now) : std::nullopt;
}

std::optional<Feedback::Change> Feedback::lower(double cost, double now) {
  Planned cheaper = planner_.solve(costs_, budget_);
  over_since_.reset();
  cost_when_solved_ = cheaper.schedule.cost;
  budget_when_solved_ = budget_;
  if (cheaper.settings == planned_.settings) {
    unavoidable_cost_ = cost;  // nothing costs less, so there is no use in asking again
    return std::nullopt;
  }
  if (raised_at_ && now - *raised_at_ < kMistake) patience_ = std::min(2 * patience_, kLongestPatience);
  raised_at_.reset();
  changed_at_ = now;
  return Change{std::move(cheaper),
                fmt::format("the schedule really costs {:.1f} ms/s, and {:.1f} there are", cost, budget_)};
}

std::optional<Feedback::Change> Feedback::raise(const Schedule& present, double now) {
  // For a little less than there is, so that the next fluctuation does not take it back.
  Planned better = planner_.solve(costs_, kMargin * budget_);
  budget_when_solved_ = budget_;
  if (!better.schedule.feasible || gain_of(better.schedule, present) < kWorthwhileGain) {
    cost_when_solved_ = present.cost;
    return std::nullopt;
  }
  cost_when_solved_ = better.schedule.cost;
  raised_at_ = changed_at_ = now;
  return Change{std::move(better), fmt::format("the schedule really costs {:.1f} ms/s, and {:.1f} there are",
                                               present.cost, budget_)};
}

double Feedback::gain_of(const Schedule& better, const Schedule& present) {
  return better.objective == Objective::max_min ? better.min_f1 - present.min_f1
                                                : better.mean_f1 - present.mean_f1;
}

}  // namespace mainstream
