// CostEstimate: compares observed with expected times part by part, and moves each cost towards what was
// seen.
#include "run/cost_estimate.hpp"

#include <cmath>
#include <utility>

#include "run/feedback_constants.hpp"

namespace mainstream {

struct CostEstimate::Errors {
  // The mean ratio of observed to expected time, weighted by runs.
  struct Part {
    double ratios = 0, times = 0;
    void add(double ratio, double count) {
      ratios += ratio * count;
      times += count;
    }
    [[nodiscard]] double mean(double otherwise) const { return times > 0 ? ratios / times : otherwise; }
  };
  Part scale;
  std::vector<Part> stem;  // by place
  std::vector<Part> own;   // by app on the stem
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

CostEstimate::CostEstimate(const Mix& mix, Mode mode, Costs measured)
    : mix_(mix), mode_(mode), apps_(mix.stems.size()), costs_(std::move(measured)) {
  for (std::size_t app = 0; app < mix.apps.size(); ++app) apps_[mix.apps[app].stem].push_back(app);
}

CostEstimate::Ran CostEstimate::ran(const MixPlan& plan, std::size_t stem) const {
  Ran ran{plan.stem_types[stem], {}};
  for (const std::size_t app : apps_[stem]) ran.settings.push_back(&plan.settings[app]);
  return ran;
}

// Expected time of the stem from one place to another, in the number types that ran.
double CostEstimate::stem_ms(const Ran& ran, std::size_t stem, std::size_t first, std::size_t last) const {
  double ms = 0;
  for (std::size_t place = first + 1; place <= last; ++place) {
    ms += costs_.stems[stem].segment_ms.at(ran.types[place])[place];
  }
  return ms;
}

double CostEstimate::own_ms(std::size_t app, const Setting& setting) const {
  const NumberType type = setting.number_types.tail;
  double ms = costs_.own_ms[app].at({setting.candidate, type});
  if (!runs_alone(mode_)) return ms;
  const std::size_t stem = mix_.apps[app].stem;
  const std::size_t end = mix_.place(stem, setting.branchpoint);
  for (std::size_t place = 1; place <= end; ++place) ms += costs_.stems[stem].segment_ms.at(type)[place];
  return ms;
}

CostEstimate::Errors CostEstimate::compare(const Ran& ran, std::size_t stem,
                                           const PlanStatistics& window) const {
  Errors errors;
  errors.stem.resize(ran.types.size());
  errors.own.resize(ran.settings.size());
  errors.add(errors.scale, costs_.stems[stem].scale_ms, window.scale);
  for (const auto& [way, spent] : window.stem) {
    // One run of the stem may pass several places, which then have the same error.
    const auto [first, last] = way;
    Errors::Part error;
    errors.add(error, stem_ms(ran, stem, first, last), spent);
    if (error.times == 0) continue;
    for (std::size_t place = first + 1; place <= last; ++place)
      errors.stem[place].add(error.mean(1), error.times);
  }
  for (std::size_t i = 0; i < window.own.size(); ++i) {
    errors.add(errors.own[i], own_ms(apps_[stem][i], *ran.settings[i]), window.own[i]);
  }
  return errors;
}

void CostEstimate::observe(const MixPlan& plan, std::size_t stem, const PlanStatistics& window) {
  const double weight = 1 - std::exp(-window.length_s() / feedback::kCostMemorySeconds);
  const auto correct = [&](double& cost, double error) { cost += weight * (cost * error - cost); };
  const Ran now = ran(plan, stem);
  const Errors errors = compare(now, stem, window);
  const double common = errors.common();
  correct(costs_.stems[stem].scale_ms, errors.scale.mean(1));
  for (auto& [type, segments] : costs_.stems[stem].segment_ms) {
    for (std::size_t place = 1; place < segments.size(); ++place) {
      correct(segments[place], type == now.types[place] ? errors.stem[place].mean(common) : common);
    }
  }
  for (std::size_t i = 0; i < apps_[stem].size(); ++i) {
    const Setting& setting = *now.settings[i];
    for (auto& [own, ms] : costs_.own_ms[apps_[stem][i]]) {
      const bool did_run = own == Costs::Own{setting.candidate, setting.number_types.tail};
      correct(ms, did_run ? errors.own[i].mean(common) : common);
    }
  }
}

}  // namespace mainstream
