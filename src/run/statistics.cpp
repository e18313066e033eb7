#include "run/statistics.hpp"

#include <algorithm>

namespace mainstream {
namespace {

// A camera of which no frame comes for longer is away: networks and encoders delay frames by less.
constexpr double kLongestWait = 1;  // seconds
// Or, where so few frames are asked for, for as long as this many of them would take.
constexpr double kWaits = 3;

// Of the time in which `came` frames came, the part in which the camera was away. An app that asks for so
// many frames per second misses none where they come evenly.
double time_away(double passed, double came, double fps) {
  const double enough = came / fps;
  return passed > std::max(kLongestWait * came, kWaits * enough) ? passed - enough : 0;
}

}  // namespace

PlanStatistics PlanStatistics::since(const PlanStatistics& before) const {
  PlanStatistics window = *this;
  if (before.last) window.first = before.last;
  window.away_s -= before.away_s;
  window.taken -= before.taken;
  window.analysed -= before.analysed;
  window.busy_ms -= before.busy_ms;
  window.scale = scale - before.scale;
  for (const auto& [way, spent] : before.stem) window.stem[way] = window.stem[way] - spent;
  for (std::size_t app = 0; app < before.own.size(); ++app) window.own[app] = own[app] - before.own[app];
  return window;
}

// An app that lags behind what its rate asks for has lost a frame, to whatever kept frames from being
// analysed lately. Up to a frame is the play of its pattern. What did not come was lost to the camera.
void Statistics::count_taken(MediaTime time, std::int64_t replaced_now, std::span<const double> fps) {
  replaced += replaced_now;
  if (replaced_now > 0) lost_to_ = &Drops::overload;
  const std::int64_t came = replaced_now + 1;
  const double passed = last ? seconds(time - *last) : 0;
  double highest = 0;
  for (std::size_t i = 0; i < apps.size(); ++i) {
    highest = std::max(highest, fps[i]);
    App& app = apps[i];
    app.asked += fps[i] * passed;
    const double lag = app.asked - static_cast<double>(app.frames + app.dropped.total());
    if (lag < 2) continue;
    const auto lost = static_cast<std::int64_t>(lag - 1);
    app.dropped.*lost_to_ += std::min(lost, came);
    app.dropped.camera += lost - std::min(lost, came);
  }
  lost_to_ = &Drops::camera;
  if (!first) first = time;
  if (present.first) {
    present.away_s += time_away(passed, static_cast<double>(came), highest);
  } else {
    present.first = time;
  }
  last = present.last = time;
  ++taken;
  ++present.taken;
}

void Statistics::count_put_off() {
  ++put_off;
  lost_to_ = &Drops::budget;
}

void Statistics::count_analysed(const FrameTimes& times, int threads, double latency_ms_of_frame) {
  const double cores = threads;
  ++analysed;
  ++present.analysed;
  busy_ms += times.busy_ms * cores;
  present.busy_ms += times.busy_ms * cores;
  frame_ms.add(times.busy_ms);
  latency_ms.add(latency_ms_of_frame);
  // Apps that share no stem each scale the picture.
  const std::size_t scalings = times.segments.empty() ? times.tails.size() : 1;
  for (std::size_t i = 0; i < scalings; ++i) {
    scale_ms.add(times.scale_ms / static_cast<double>(scalings));
    present.scale.add(times.scale_ms * cores / static_cast<double>(scalings));
  }
  double stem = 0;
  std::size_t from = 0;
  for (const FrameTimes::Segment& segment : times.segments) {
    stem += segment.ms;
    present.stem[{from, segment.place}].add(segment.ms * cores);
    from = segment.place;
  }
  if (!times.segments.empty()) stem_ms.add(stem);
  for (const FrameTimes::Tail& tail : times.tails) {
    apps[tail.app].own_ms.add(tail.ms);
    present.own[tail.app].add(tail.ms * cores);
  }
}

void Statistics::begin_plan(int number, std::span<const std::string> ids) {
  std::vector<App> before = std::move(apps);
  apps.clear();
  for (const std::string& id : ids) {
    const auto known = std::ranges::find(before, id, &App::id);
    apps.push_back(known == before.end() ? App() : std::move(*known));
    apps.back().id = id;
  }
  present = {};
  present.plan = number;
  present.own.resize(apps.size());
  present.scores.resize(apps.size());
}

}  // namespace mainstream
