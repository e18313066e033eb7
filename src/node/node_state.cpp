// What a node tells of itself.
#include <algorithm>

#include "mainstream/error.hpp"
#include "node/node_impl.hpp"

namespace mainstream {
namespace {

double rate(std::int64_t now, std::int64_t before, double seconds) {
  return seconds > 0 ? static_cast<double>(std::max<std::int64_t>(0, now - before)) / seconds : 0;
}

std::int64_t value_of(const std::map<std::string, std::int64_t>& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

Drops lost_since(const std::map<std::string, Drops>& before, const std::map<std::string, Drops>& now,
                 const std::string& app) {
  const auto first = before.find(app), last = now.find(app);
  if (first == before.end() || last == now.end()) return {};
  const auto more = [&](auto cause) {
    return std::max<std::int64_t>(0, last->second.*cause - first->second.*cause);
  };
  return {more(&Drops::overload), more(&Drops::budget), more(&Drops::camera)};
}

double seconds_between(Clock::Time before, Clock::Time now) {
  return std::chrono::duration<double>(now - before).count();
}

void put_counts(const Statistics::App& counts, int threads, NodeState::App& app) {
  app.last_score = counts.last_score;
  app.votes = counts.votes;
  app.event_open = counts.event_open;
  app.frames = counts.frames;
  app.positive = counts.positive;
  app.events = counts.events;
  app.drops = counts.dropped;
  app.own_ms = counts.own_ms.total() * threads;  // from time on the clock to core-milliseconds
}

// Where an app is in force.
struct AppPlace {
  std::size_t app = 0;     // index in the mix
  Statistics::App counts;  // so far
};

std::map<std::string, AppPlace> places_of(const Runtime::InForce& in_force,
                                          const std::vector<Statistics>& statistics) {
  std::map<std::string, AppPlace> places;
  for (const Statistics& lane : statistics)
    for (const Statistics::App& app : lane.apps) places[app.id].counts = app;
  for (std::size_t a = 0; in_force.mix && a < in_force.mix->apps.size(); ++a)
    places[in_force.mix->apps[a].name()].app = a;
  return places;
}

std::optional<double> mean_age_ms(const FrameAges& before, const FrameAges& now) {
  const std::int64_t frames = now.frames - before.frames;
  if (frames <= 0) return std::nullopt;
  return 1e3 * (now.total_s - before.total_s) / static_cast<double>(frames);
}

std::vector<NodeState::Stem> stems_of(const Runtime::InForce& in_force) {
  std::vector<NodeState::Stem> stems;
  for (std::size_t s = 0; in_force.mix && s < in_force.mix->stems.size(); ++s) {
    const Mix::Stem& stem = in_force.mix->stems[s];
    NodeState::Stem& state = stems.emplace_back();
    state.stream = stem.stream;
    state.base = stem.base.name;
    state.region = stem.region;
    for (const Schedule::Segment& segment : in_force.plan.schedule.shared) {
      if (segment.stem != s) continue;
      state.segments.push_back({tensor_of(stem.base, segment.end_layer),
                                stem.number_types[static_cast<std::size_t>(segment.number_type)], segment.fps,
                                segment.cost});
    }
  }
  return stems;
}

}  // namespace

EdgeNode::Impl::Look EdgeNode::Impl::look() const {
  Look look{runtime_->in_force(), {}};
  for (const auto& lane : look.in_force.lanes) look.statistics.push_back(lane->statistics());
  return look;
}

EdgeNode::Impl::Sample EdgeNode::Impl::sample_of(const Look& look) const {
  Sample sample;
  sample.at = clock_.now();
  for (const auto& [name, feed] : feeds()) sample.stream_frames[name] = feed->counts().frames;
  sample.stream_times = stream_times();
  for (std::size_t s = 0; s < look.statistics.size(); ++s) {
    const Statistics& statistics = look.statistics[s];
    sample.busy_ms += statistics.busy_ms;
    for (const Statistics::App& app : statistics.apps) {
      sample.app_frames[app.id] = app.frames;
      sample.app_drops[app.id] = app.dropped;
    }
  }
  return sample;
}

void EdgeNode::Impl::StreamTimes::add(const Statistics& statistics, int threads) {
  stem_ms += (statistics.scale_ms.total() + statistics.stem_ms.total()) * threads;
  const Histogram& age_ms = statistics.latency_ms;
  for (std::size_t i = 0; i < FrameAges::kBounds.size(); ++i)
    ages.up_to[i] += static_cast<std::int64_t>(age_ms.count_up_to(1e3 * FrameAges::kBounds[i]));
  ages.frames += static_cast<std::int64_t>(age_ms.count());
  ages.total_s += age_ms.total() / 1e3;
}

// Looks by itself, under the lock, so that no stem is in both places. One that has just gone may be in
// neither for a moment: then what was told before holds.
std::map<std::string, EdgeNode::Impl::StreamTimes> EdgeNode::Impl::stream_times() const {
  const MutexLock lock(mutex_);
  std::map<std::string, StreamTimes> times = gone_;
  const Runtime::InForce in_force = runtime_->in_force();
  for (std::size_t s = 0; s < in_force.lanes.size(); ++s)
    times[in_force.mix->stems[s].stream].add(in_force.lanes[s]->statistics(), runtime_->threads());
  for (const auto& [stream, now] : times) {
    StreamTimes& told = told_[stream];
    if (now.ages.frames >= told.ages.frames) told = now;
  }
  return told_;
}

NodeState EdgeNode::Impl::state() const {
  NodeState state;
  const Look look = this->look();
  const Runtime::InForce& in_force = look.in_force;
  const Sample now = sample_of(look);
  Sample before = now;
  {
    const MutexLock lock(mutex_);
    if (!samples_.empty()) before = samples_.front();
    state.workers = workers_;
    state.plans = plans_;
  }
  state.threads = runtime_->threads();
  state.streams = stream_states(look, now, before);
  state.apps = app_states(look, now, before);
  for (NodeState::Stream& stream : state.streams) stream.picture = drift_.picture(stream.name);
  for (NodeState::App& app : state.apps) {
    app.why_not = why_not_text(app);
    app.scores = drift_.scores(app.id);
  }
  const Schedule& schedule = in_force.plan.schedule;
  state.plan = {.number = in_force.number,
                .reason = in_force.reason,
                .cost = schedule.cost,
                .decoding = in_force.plan.decoding,
                .budget = schedule.budget,
                .mean_f1 = schedule.mean_f1,
                .min_f1 = schedule.min_f1,
                .feasible = schedule.feasible,
                .stems = stems_of(in_force)};
  const double seconds = seconds_between(before.at, now.at);
  if (seconds > 0) state.busy_ms_per_s = std::max(0.0, now.busy_ms - before.busy_ms) / seconds;
  for (const NodeState::App& app : state.apps) state.events += app.events;
  state.events_dropped = events_.dropped();
  state.sink_failures = events_.failures();
  return state;
}

std::vector<NodeState::Stream> EdgeNode::Impl::stream_states(const Look& look, const Sample& now,
                                                             const Sample& before) const {
  const Runtime::InForce& in_force = look.in_force;
  const Feeds feeds = this->feeds();
  std::vector<NodeState::Stream> states;
  for (const NodeStream& stream : setup().streams) {
    NodeState::Stream& state = states.emplace_back();
    state.name = stream.name;
    state.reason = "the node does not run";
    state.fps = stream.input.fps;
    const auto feed = feeds.find(stream.name);
    if (feed == feeds.end()) continue;
    const StreamFeed::Counts counts = feed->second->counts();
    state.up = counts.up;
    state.reason = counts.reason;
    if (const auto format = feed->second->format()) state.fps = format->fps;
    state.reached_fps = rate(value_of(now.stream_frames, stream.name),
                             value_of(before.stream_frames, stream.name), seconds_between(before.at, now.at));
    state.frames = counts.frames;
    if (const auto times = now.stream_times.find(stream.name); times != now.stream_times.end()) {
      state.stem_ms = times->second.stem_ms;
      state.ages = times->second.ages;
      const auto earlier = before.stream_times.find(stream.name);
      if (earlier != before.stream_times.end())
        state.frame_age_ms = mean_age_ms(earlier->second.ages, state.ages);
    }
    state.reconnects = counts.reconnects;
    if (counts.frames > 0) state.decode_ms = counts.decode_ms / static_cast<double>(counts.frames);
    state.leaves_out = counts.leaves_out;
    state.on_substream = counts.on_substream;
    state.drops.camera = counts.undecodable;
    // Each of its stems may have lost other frames: the one that lost most tells.
    for (std::size_t s = 0; s < in_force.lanes.size(); ++s) {
      if (in_force.mix->stems[s].stream != stream.name) continue;
      state.drops.overload = std::max(state.drops.overload, in_force.lanes[s]->replaced());
      state.drops.budget = std::max(state.drops.budget, look.statistics[s].put_off);
    }
    state.drops.overload += counts.dropped;
  }
  return states;
}

std::vector<NodeState::App> EdgeNode::Impl::app_states(const Look& look, const Sample& now,
                                                       const Sample& before) const {
  const Runtime::InForce& in_force = look.in_force;
  const std::map<std::string, AppPlace> places = places_of(in_force, look.statistics);
  const Feeds feeds = this->feeds();
  std::vector<NodeState::App> states;
  const MutexLock lock(mutex_);
  for (const NodeApp& app : setup_.apps) {
    NodeState::App& state = states.emplace_back();
    state.id = app.id;
    state.stream = app.stream;
    state.package = packages_.at(app.id);
    const auto place = places.find(app.id);
    if (place != places.end()) {
      put_counts(place->second.counts, runtime_->threads(), state);
      state.planned = true;
      const Mix::App& planned = in_force.mix->apps[place->second.app];
      state.setting = planned.overridden(in_force.plan.settings[place->second.app]);
      state.expected_f1 = in_force.plan.schedule.apps[place->second.app].f1;
      state.cost = in_force.plan.schedule.apps[place->second.app].own_cost;
      state.stem = planned.stem;
      state.reached_fps = rate(value_of(now.app_frames, app.id), value_of(before.app_frames, app.id),
                               seconds_between(before.at, now.at));
      state.lost = lost_since(before.app_drops, now.app_drops, app.id);
      continue;
    }
    if (const auto known = counts_.find(app.id); known != counts_.end())
      put_counts(known->second, runtime_->threads(), state);
    const auto feed = feeds.find(app.stream);
    const bool up = feed != feeds.end() && feed->second->format() && !feed->second->ended();
    state.reason = up && !why_unplanned_.empty() ? why_unplanned_ : "its stream " + app.stream + " is not up";
  }
  return states;
}

}  // namespace mainstream
