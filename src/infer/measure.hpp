// Measures times of repeated runs.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "infer/plan.hpp"

namespace mainstream {

// The value that a fraction `q` of the values does not exceed. `values` must not be empty.
[[nodiscard]] double quantile(std::vector<double> values, double q);

// Runs `work` to warm up, for a tenth of `duration` and at least twice, then for about `duration`, at least
// five times. `between` runs after each, untimed.
[[nodiscard]] Timing measure(const std::function<void()>& work, std::chrono::milliseconds duration,
                             const std::function<void()>& between = {});

// The mean time of each step over the middle fifth of the runs, by total time. So the steps add up to a
// typical run even if disturbances hit different steps in different runs; the median of each step would leave
// all of them out. `runs` must not be empty.
[[nodiscard]] std::vector<double> typical_steps(std::vector<std::vector<double>> runs);

// Median milliseconds of each step over whole runs, after a warm-up.
[[nodiscard]] std::vector<double> step_medians(Plan& plan, int repetitions);

// Median milliseconds of one step repeated by itself, so that it finds its weights and its input in the
// cache.
[[nodiscard]] double step_alone(Plan& plan, std::size_t step, int repetitions);

// As step_alone, but each repetition reads another copy of the weights. Together the copies are as large as
// all the plan's weights, so the weights are as cold as in a run, while the input stays in the cache.
[[nodiscard]] double step_alone_cold(Plan& plan, std::size_t step, int repetitions);

// The plan's steps with these times.
[[nodiscard]] std::vector<StepInfo> with_times(const Plan& plan, const std::vector<double>& milliseconds);

}  // namespace mainstream
