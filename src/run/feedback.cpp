#include "run/feedback.hpp"

#include <algorithm>
#include <utility>

#include "run/feedback_constants.hpp"

namespace mainstream {

Feedback::Feedback(const Planner& planner, const Options& options, Costs costs, MixPlan plan, int number)
    : planner_(planner),
      budget_given_(options.budget_given),
      costs_(planner.mix(), planner.options().mode, std::move(costs)),
      budget_(options.budget, options.budget_now()),
      policy_(planner, std::move(plan), options.budget_now()),
      number_(number),
      streams_(planner.mix().stems.size()) {}

std::optional<PlanChange> Feedback::observe(std::size_t stem, const PlanStatistics& statistics,
                                            std::int64_t dropped, double now_s) {
  if (statistics.plan != number_ || !statistics.last) return std::nullopt;
  Stream& stream = streams_.at(stem);
  const std::int64_t came = statistics.taken + dropped;
  if (std::exchange(stream.came, came) != came) stream.came_s = now_s;
  const PlanStatistics window = statistics.since(stream.last);
  if (window.length_s() < feedback::kWindowSeconds) return std::nullopt;
  stream.last = statistics;
  const bool any_dropped = std::exchange(stream.dropped, dropped) < dropped;
  stream.load = load_of(stem, window, any_dropped);
  costs_.observe(plan(), stem, window);
  if (!budget_given_) estimate_budget(now_s);
  return policy_.consider(costs(), budget(), now_s, window.length_s());
}

void Feedback::set_decoding(Decoding decoding) {
  for (const auto& [stream, ways] : decoding) {
    const auto before = costs().decoding.find(stream);
    if (before == costs().decoding.end() || before->second.size() < ways.size()) policy_.look_again();
  }
  costs_.set_decoding(std::move(decoding));
}

EngineLoad Feedback::load_of(std::size_t stem, const PlanStatistics& window, bool dropped) const {
  const Mix& mix = planner_.mix();
  EngineLoad load{.busy_ms_per_s = window.busy_ms / window.length_s(), .dropped = dropped};
  for (std::size_t app = 0; app < mix.apps.size(); ++app) {
    if (mix.apps[app].stem == stem) load.asked_fps = std::max(load.asked_fps, plan().settings[app].fps);
  }
  // One more: a window may end just before a frame that is due.
  load.analysed_fps = static_cast<double>(window.analysed + 1) / window.length_s();
  return load;
}

// The machine's share for one stream says nothing while others are not known. One that gives no frames takes
// no share, and what it took before it was away says nothing.
void Feedback::estimate_budget(double now_s) {
  EngineLoad all{.busy_ms_per_s = planner_.decoding(costs(), plan().settings)};
  for (Stream& stream : streams_) {
    if (!stream.came_s || now_s - *stream.came_s > feedback::kAwaySeconds) {
      stream.load.reset();
      continue;
    }
    if (!stream.load) return;
    all += *stream.load;
  }
  budget_.observe(all, now_s);
}

void Feedback::deployed(const PlanChange& change, int number) {
  policy_.deployed(change.plan);
  number_ = number;
  for (Stream& stream : streams_) stream.last = {};
}

}  // namespace mainstream
