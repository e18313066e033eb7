#include "run/statistics.hpp"

namespace mainstream {

PlanStatistics PlanStatistics::since(const PlanStatistics& before) const {
  PlanStatistics window = *this;
  if (before.last) window.first = before.last;
  window.taken -= before.taken;
  window.analysed -= before.analysed;
  window.busy_ms -= before.busy_ms;
  window.scale = scale - before.scale;
  for (const auto& [way, spent] : before.stem) window.stem[way] = window.stem[way] - spent;
  for (std::size_t app = 0; app < before.own.size(); ++app) window.own[app] = own[app] - before.own[app];
  return window;
}

void Statistics::count_taken(MediaTime time, std::span<const Setting> settings) {
  if (last) {
    const double passed = seconds(time - *last);
    for (std::size_t app = 0; app < apps.size(); ++app) apps[app].asked += settings[app].fps * passed;
  }
  if (!first) first = time;
  if (!present.first) present.first = time;
  last = present.last = time;
  ++taken;
  ++present.taken;
}

void Statistics::count_analysed(const FrameTimes& times, double latency_ms_of_frame) {
  ++analysed;
  ++present.analysed;
  busy_ms += times.busy_ms;
  present.busy_ms += times.busy_ms;
  frame_ms.add(times.busy_ms);
  latency_ms.add(latency_ms_of_frame);
  // Apps that share no stem each scale the picture.
  const std::size_t scalings = times.segments.empty() ? times.tails.size() : 1;
  for (std::size_t i = 0; i < scalings; ++i) {
    scale_ms.add(times.scale_ms / static_cast<double>(scalings));
    present.scale.add(times.scale_ms / static_cast<double>(scalings));
  }
  double stem = 0;
  std::size_t from = 0;
  for (const FrameTimes::Segment& segment : times.segments) {
    stem += segment.ms;
    present.stem[{from, segment.place}].add(segment.ms);
    from = segment.place;
  }
  if (!times.segments.empty()) stem_ms.add(stem);
  for (const FrameTimes::Tail& tail : times.tails) {
    apps[tail.app].own_ms.add(tail.ms);
    present.own[tail.app].add(tail.ms);
  }
}

void Statistics::begin_plan(int number) {
  present = {};
  present.plan = number;
  present.own.resize(apps.size());
}

}  // namespace mainstream
