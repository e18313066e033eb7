#include "infer/measure.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>

namespace mainstream {
namespace {

constexpr int kWarmUps = 2;
constexpr std::size_t kLeastRuns = 5;
constexpr double kOutlier = 1.5;  // times the median

std::size_t weight_bytes(const Step& step) {
  std::size_t bytes = 0;
  for (const dnnl_exec_arg_t& argument : step.arguments) {
    if (argument.arg == DNNL_ARG_WEIGHTS) bytes += dnnl::memory(argument.memory, true).get_desc().get_size();
  }
  return bytes;
}

// A copy of the step that reads a copy of its weights.
Step with_own_weights(const Step& step) {
  Step copy = step;
  for (dnnl_exec_arg_t& argument : copy.arguments) {
    if (argument.arg != DNNL_ARG_WEIGHTS) continue;
    const dnnl::memory weights(argument.memory, true);
    dnnl::memory own(weights.get_desc(), weights.get_engine());
    std::memcpy(own.get_data_handle(), weights.get_data_handle(), weights.get_desc().get_size());
    argument.memory = own.get();
    copy.memories.push_back(own);
  }
  return copy;
}

// Median milliseconds over `repetitions` runs of the given steps in turns.
double median_of_turns(Plan& plan, std::span<const Step> turns, int repetitions) {
  std::vector<double> times;
  for (int i = 0; i < kWarmUps + repetitions; ++i) {
    const double time = plan.run_timed(turns.subspan(static_cast<std::size_t>(i) % turns.size(), 1)).front();
    if (i >= kWarmUps) times.push_back(time);
  }
  return quantile(std::move(times), 0.5);
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

Timing measure(const std::function<void()>& work, std::chrono::milliseconds duration,
               const std::function<void()>& between) {
  using Clock = std::chrono::steady_clock;
  // A processor that was idle takes a while to reach its speed.
  const auto warming = Clock::now();
  for (int i = 0; i < kWarmUps || Clock::now() - warming < duration / 10; ++i) work();
  std::vector<double> times;
  const auto start = Clock::now();
  while (times.size() < kLeastRuns || Clock::now() - start < duration) {
    const auto before = Clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - before).count());
    if (between) between();
  }
  Timing timing{quantile(times, 0.5), quantile(times, 0.9), times.size()};
  timing.outliers = static_cast<std::size_t>(std::count_if(
      times.begin(), times.end(), [&](double time) { return time > kOutlier * timing.median_ms; }));
  return timing;
}

std::vector<double> typical_steps(std::vector<std::vector<double>> runs) {
  const auto total = [](const std::vector<double>& run) {
    return std::accumulate(run.begin(), run.end(), 0.0);
  };
  std::sort(runs.begin(), runs.end(), [&](const auto& a, const auto& b) { return total(a) < total(b); });
  const std::size_t begin = 2 * runs.size() / 5;
  const std::size_t end = runs.size() - begin;
  std::vector<double> means(runs.front().size(), 0);
  for (std::size_t run = begin; run < end; ++run) {
    for (std::size_t step = 0; step < means.size(); ++step)
      means[step] += runs[run][step] / static_cast<double>(end - begin);
  }
  return means;
}

std::vector<StepInfo> with_times(const Plan& plan, const std::vector<double>& milliseconds) {
  std::vector<StepInfo> steps = plan.step_infos();
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i].milliseconds = milliseconds[i];
  return steps;
}

std::vector<double> step_medians(Plan& plan, int repetitions) {
  for (int i = 0; i < kWarmUps; ++i) plan.run();
  std::vector<std::vector<double>> times(plan.steps.size());
  for (int i = 0; i < std::max(repetitions, 1); ++i) {
    const auto run = plan.run_timed();
    for (std::size_t step = 0; step < run.size(); ++step) times[step].push_back(run[step]);
  }
  std::vector<double> medians;
  medians.reserve(times.size());
  for (auto& step : times) medians.push_back(quantile(std::move(step), 0.5));
  return medians;
}

double step_alone(Plan& plan, std::size_t step, int repetitions) {
  return median_of_turns(plan, std::span(plan.steps).subspan(step, 1), repetitions);
}

double step_alone_cold(Plan& plan, std::size_t step, int repetitions) {
  const std::size_t bytes = weight_bytes(plan.steps[step]);
  if (bytes == 0) return step_alone(plan, step, repetitions);
  const std::size_t copies =
      std::min(plan.memory().weights / bytes + 1, static_cast<std::size_t>(repetitions) + kWarmUps);
  std::vector<Step> turns;
  for (std::size_t i = 0; i < copies; ++i) turns.push_back(with_own_weights(plan.steps[step]));
  return median_of_turns(plan, turns, repetitions);
}

}  // namespace mainstream
