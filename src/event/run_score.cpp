#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mainstream/error.hpp"
#include "mainstream/event.hpp"

namespace mainstream {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void summarise(RunScore& run) {
  std::vector<double> f1, floors, errors;
  for (const auto& [app, score] : run.apps) {
    if (!score.f1) continue;
    f1.push_back(*score.f1);
    floors.push_back(*score.always_on_f1);
    if (score.f1_error) errors.push_back(*score.f1_error);
  }
  if (f1.empty()) return;
  run.mean_f1 = mean(f1);
  run.min_f1 = *std::min_element(f1.begin(), f1.end());
  run.mean_always_on_f1 = mean(floors);
  if (errors.size() < f1.size()) return;
  const double squares = std::inner_product(errors.begin(), errors.end(), errors.begin(), 0.0);
  run.mean_f1_error = std::sqrt(squares) / static_cast<double>(errors.size());
}

}  // namespace

RunScore score_run(const Labels& labels, const EventsByApp& detected, const ScoreOptions& options) {
  const FrameRange& frames = options.frames;
  if (frames.first < 0 || frames.first > frames.last || frames.last >= labels.frames) {
    throw Error(ErrorKind::usage, fmt::format("frames {}..{}: the labels have frames 0..{}", frames.first,
                                              frames.last, labels.frames - 1));
  }
  RunScore run{.frames = frames,
               .fps = options.fps,
               .apps = {},
               .mean_f1 = {},
               .min_f1 = {},
               .mean_f1_error = {},
               .mean_always_on_f1 = {}};
  for (const auto& [app, events] : detected) {
    const auto truth = runs_of(labels.of(app), frames.first, frames.last + 1);
    run.apps[app] = score_events(truth, events, options);
  }
  summarise(run);
  return run;
}

}  // namespace mainstream
