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

Feedback::Feedback(const Planner& planner, const Options& options, Costs costs, MixPlan plan, int number)
    : planner_(planner),
      options_(options),
      costs_(std::move(costs)),
      budget_(options.budget),
      plan_(std::move(plan)),
      cost_when_solved_(plan_.schedule.cost),
      budget_when_solved_(options.budget),
      number_(number),
      patience_(kRaisePatience) {}

std::optional<Feedback::Change> Feedback::observe(const PlanStatistics& statistics, std::int64_t dropped) {
  if (statistics.plan != number_ || !statistics.last) return std::nullopt;
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
  plan_ = change.plan;
  number_ = number;
  unavoidable_cost_ = 0;
  last_ = {};
}

// What was observed of a part over what was expected; 1 where it did not run.
struct Feedback::Errors {
  struct Part {
    double error = 0, times = 0;
    void add(double ratio, double count) {
      error += ratio * count;
      times += count;
    }
    [[nodiscard]] double mean(double otherwise) const { return times > 0 ? error / times : otherwise; }
  };
  Part scale;
  std::vector<Part> stem;  // by place
  std::vector<Part> own;   // by app
  double expected_ms = 0, observed_ms = 0;

  void add(Part& part, double expected, const Spent& spent) {
    if (expected <= 0 || spent.times == 0) return;
    const auto times = static_cast<double>(spent.times);
    part.add(spent.ms / times / expected, times);
    expected_ms += expected * times;
    observed_ms += spent.ms;
  }
  [[nodiscard]] double common() const { return expected_ms > 0 ? observed_ms / expected_ms : 1; }
};

// Of the stem's way between two places, as it runs.
double Feedback::expected_ms(std::size_t first, std::size_t last) const {
  const std::vector<Precision>& types = plan_.stem_types[0];
  double ms = 0;
  for (std::size_t place = first + 1; place <= last; ++place) {
    ms += costs_.stems[0].segment_ms.at(types[place])[place];
  }
  return ms;
}

double Feedback::expected_own_ms(std::size_t app) const {
  const Setting& setting = plan_.settings[app];
  const Mix& mix = planner_.mix();
  const Precision type = setting.number_types.tail;
  double ms = costs_.own_ms[app].at({setting.candidate, type});
  if (!runs_alone(planner_.options().mode)) return ms;
  const std::size_t end = mix.place(0, mix.apps[app].manifest().candidate(setting.candidate).branchpoint);
  for (std::size_t place = 1; place <= end; ++place) ms += costs_.stems[0].segment_ms.at(type)[place];
  return ms;
}

// An observed way through the stem may span several places: they share its error.
Feedback::Errors Feedback::compare(const Window& window) const {
  Errors errors;
  errors.stem.resize(plan_.stem_types[0].size());
  errors.own.resize(plan_.settings.size());
  errors.add(errors.scale, costs_.stems[0].scale_ms, window.scale);
  for (const auto& [way, spent] : window.stem) {
    const auto [first, last] = way;
    Errors::Part error;
    errors.add(error, expected_ms(first, last), spent);
    if (error.times == 0) continue;
    for (std::size_t place = first + 1; place <= last; ++place)
      errors.stem[place].add(error.mean(1), error.times);
  }
  for (std::size_t app = 0; app < window.own.size(); ++app) {
    errors.add(errors.own[app], expected_own_ms(app), window.own[app]);
  }
  return errors;
}

// What did not run is scaled like the rest.
void Feedback::correct_costs(const Window& window) {
  const double weight = 1 - std::exp(-window.length / kCostMemory);
  const auto correct = [&](double& cost, double error) { blend(cost, cost * error, weight); };
  const Errors errors = compare(window);
  const double common = errors.common();
  correct(costs_.stems[0].scale_ms, errors.scale.mean(1));
  for (auto& [type, segments] : costs_.stems[0].segment_ms) {
    for (std::size_t place = 1; place < segments.size(); ++place) {
      const bool ran = type == plan_.stem_types[0][place];
      correct(segments[place], ran ? errors.stem[place].mean(common) : common);
    }
  }
  for (std::size_t app = 0; app < costs_.own_ms.size(); ++app) {
    const Setting& setting = plan_.settings[app];
    for (auto& [own, ms] : costs_.own_ms[app]) {
      const bool ran = own == Costs::Own{setting.candidate, setting.number_types.tail};
      correct(ms, ran ? errors.own[app].mean(common) : common);
    }
  }
}

void Feedback::correct_budget(const Window& window, bool any_dropped, double now) {
  double stem_fps = 0;
  for (const Setting& setting : plan_.settings) stem_fps = std::max(stem_fps, setting.fps);
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
  const MixPlan present = planner_.evaluate(costs_, budget_, plan_.settings);
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
  MixPlan cheaper = planner_.solve(costs_, budget_);
  over_since_.reset();
  cost_when_solved_ = cheaper.schedule.cost;
  budget_when_solved_ = budget_;
  if (cheaper.settings == plan_.settings) {
    unavoidable_cost_ = cost;  // nothing costs less, so there is no use in asking again
    return std::nullopt;
  }
  if (raised_at_ && now - *raised_at_ < kMistake) patience_ = std::min(2 * patience_, kLongestPatience);
  raised_at_.reset();
  changed_at_ = now;
  return Change{std::move(cheaper),
                fmt::format("the schedule really needs {:.1f} ms/s, budget is {:.1f}", cost, budget_)};
}

std::optional<Feedback::Change> Feedback::raise(const Schedule& present, double now) {
  // For a little less than there is, so that the next fluctuation does not take it back.
  MixPlan better = planner_.solve(costs_, kMargin * budget_);
  budget_when_solved_ = budget_;
  if (!better.schedule.feasible || gain_of(better.schedule, present) < kWorthwhileGain) {
    cost_when_solved_ = present.cost;
    return std::nullopt;
  }
  cost_when_solved_ = better.schedule.cost;
  raised_at_ = changed_at_ = now;
  return Change{std::move(better), fmt::format("the schedule really needs {:.1f} ms/s, budget is {:.1f}",
                                               present.cost, budget_)};
}

double Feedback::gain_of(const Schedule& better, const Schedule& present) {
  return better.objective == Objective::max_min ? better.min_f1 - present.min_f1
                                                : better.mean_f1 - present.mean_f1;
}

}  // namespace mainstream
