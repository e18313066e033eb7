#include "run/pipeline.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "event/event_score.hpp"

namespace mainstream {
namespace {

// Milliseconds from one call to the next.
class Stopwatch {
 public:
  explicit Stopwatch(const Clock& clock) : clock_(clock), start_(clock.now()), last_(start_) {}

  double lap() {
    const Clock::Time now = clock_.now();
    return milliseconds(now - std::exchange(last_, now));
  }
  [[nodiscard]] double total() const { return milliseconds(last_ - start_); }

 private:
  static double milliseconds(Clock::Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
  }

  const Clock& clock_;
  const Clock::Time start_;
  Clock::Time last_;
};

void clear(FrameTimes& times) {
  times.scale_ms = 0;
  times.segments.clear();
  times.tails.clear();
}

}  // namespace

SharedPipeline::SharedPipeline(std::shared_ptr<SharedStem> shared, std::vector<Deployed<Tail>> apps,
                               const Clock& clock)
    : shared_(std::move(shared)), apps_(std::move(apps)), clock_(clock) {}

void SharedPipeline::run(const Picture& picture, std::span<const std::size_t> due, std::span<float> scores,
                         FrameTimes& times) {
  const auto branchpoint_of = [&](std::size_t position) { return apps_[due[position]].branchpoint; };
  order_.resize(due.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::size_t a, std::size_t b) { return branchpoint_of(a) < branchpoint_of(b); });

  clear(times);
  Stopwatch watch(clock_);
  shared_->scaler.scale(picture, shared_->input_values);
  shared_->stem.load(shared_->input_values);
  times.scale_ms = watch.lap();
  for (const std::size_t position : order_) {
    const Deployed<Tail>& app = apps_[due[position]];
    if (times.segments.empty() || times.segments.back().branchpoint < app.branchpoint) {
      shared_->stem.run_to(app.branchpoint);
      times.segments.push_back({app.branchpoint, watch.lap()});
    }
    scores[position] = event_score(app.network->run(), app.positive);
    times.tails.push_back({due[position], watch.lap()});
  }
  times.busy_ms = watch.total();
}

SeparatePipeline::SeparatePipeline(const InputSpec& input, std::vector<Deployed<Network>> apps,
                                   const Clock& clock)
    : scaler_(input), input_values_(scaler_.size()), apps_(std::move(apps)), clock_(clock) {}

void SeparatePipeline::run(const Picture& picture, std::span<const std::size_t> due, std::span<float> scores,
                           FrameTimes& times) {
  clear(times);
  Stopwatch watch(clock_);
  for (std::size_t i = 0; i < due.size(); ++i) {
    scaler_.scale(picture, input_values_);
    times.scale_ms += watch.lap();
    const Deployed<Network>& app = apps_[due[i]];
    scores[i] = event_score(app.network->run(input_values_), app.positive);
    times.tails.push_back({due[i], watch.lap()});
  }
  times.busy_ms = watch.total();
}

}  // namespace mainstream
