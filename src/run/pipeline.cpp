#include "run/pipeline.hpp"

#include <utility>

#include "core/stopwatch.hpp"
#include "event/event_score.hpp"

namespace mainstream {
namespace {

void clear(FrameTimes& times) {
  times.scale_ms = 0;
  times.segments.clear();
  times.tails.clear();
}

View view_of(const Region& region) {
  View view;
  view.left = region.left;
  view.top = region.top;
  view.width = region.width;
  view.height = region.height;
  return view;
}

}  // namespace

SharedPipeline::SharedPipeline(std::shared_ptr<SharedStem> shared, SharedNetwork network,
                               const Region& region, std::vector<std::vector<std::size_t>> positive,
                               const Clock& clock)
    : shared_(std::move(shared)),
      network_(std::move(network)),
      view_(view_of(region)),
      positive_(std::move(positive)),
      clock_(clock) {}

void SharedPipeline::run(const Picture& picture, std::span<const std::size_t> due, std::span<float> scores,
                         FrameTimes& times) {
  clear(times);
  Stopwatch watch(clock_);
  shared_->scaler.scale(picture, shared_->input_values, view_);
  shared_->stem.load(shared_->input_values);
  times.scale_ms = watch.lap();
  network_.run(due, clock_, times_);
  for (std::size_t i = 0; i < due.size(); ++i)
    scores[i] = event_score(network_.logits(due[i]), positive_[due[i]]);
  watch.lap();
  for (const auto& [branchpoint, ms] : times_.segments) {
    times.segments.push_back({shared_->places[branchpoint], ms});
  }
  for (const auto& [app, ms] : times_.parts) times.tails.push_back({app, ms});
  times.busy_ms = watch.total();
}

SeparatePipeline::SeparatePipeline(const InputSpec& input, const Region& region,
                                   std::vector<DeployedNetwork> apps, const Clock& clock)
    : scaler_(input),
      view_(view_of(region)),
      input_values_(scaler_.size()),
      apps_(std::move(apps)),
      clock_(clock) {}

void SeparatePipeline::run(const Picture& picture, std::span<const std::size_t> due, std::span<float> scores,
                           FrameTimes& times) {
  clear(times);
  Stopwatch watch(clock_);
  for (std::size_t i = 0; i < due.size(); ++i) {
    scaler_.scale(picture, input_values_, view_);
    times.scale_ms += watch.lap();
    const DeployedNetwork& app = apps_[due[i]];
    scores[i] = event_score(app.network->run(input_values_), app.positive);
    times.tails.push_back({due[i], watch.lap()});
  }
  times.busy_ms = watch.total();
}

}  // namespace mainstream
