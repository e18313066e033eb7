// Replays an event: runs what answered then on the same frames again (docs/running.md, "Replaying an event").
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/runner.hpp"
#include "media/url.hpp"
#include "run/deployer.hpp"

namespace mainstream {
namespace {

// What a replay needs and a record may lack.
const AnsweredBy& checked(const EventRecord& event) {
  const char* missing = !event.answered_by          ? "number_types"
                        : event.candidate.empty()   ? "candidate"
                        : event.branchpoint.empty() ? "branchpoint"
                        : event.package.empty()     ? "package"
                        : !event.peak_frame         ? "peak_frame"
                        : !(event.fps > 0)          ? "fps"
                                                    : nullptr;
  if (missing == nullptr) return *event.answered_by;
  throw Error(ErrorKind::untrusted,
              fmt::format("event {}: has no {}, which a replay needs", in_quotes(event.id), missing));
}

// The mix of the event's app alone, whose stem is compiled in the parts that it had.
Mix replayed_mix(const EventRecord& event, const ReplayOptions& options, const VideoInfo& video) {
  const AnsweredBy& by = *event.answered_by;
  Mix mix = read_mix(options.base, {options.app}, event.stream, video.fps, video.width, video.height);
  const std::string& package = mix.apps[0].package.sha256();
  if (package != event.package) {
    throw Error(ErrorKind::usage, fmt::format("{}: expected the package {}, which answered then, got {}",
                                              options.app.string(), event.package, package));
  }
  Mix::Stem& stem = mix.stems[0];
  stem.region = by.region;
  std::set<std::size_t> places(stem.branchpoints.begin(), stem.branchpoints.end());
  for (std::size_t place = 1; place < std::min(by.stem.size(), stem.base.branchpoints.size()); ++place)
    if (by.stem[place] != by.stem[place - 1]) places.insert(place - 1);
  stem.branchpoints.assign(places.begin(), places.end());
  return mix;
}

std::unique_ptr<StemPlan> replayed_plan(const EventRecord& event, const Mix& mix, Deployer& deployer) {
  const AnsweredBy& by = *event.answered_by;
  MixPlan plan;
  Setting setting =
      mix.setting(0, event.candidate, std::min(event.fps, mix.stems[0].fps), std::max(1, event.votes));
  setting.number_types.tail = by.tail;
  setting.threshold = by.threshold;
  plan.settings = {std::move(setting)};
  std::vector<NumberType> types = by.stem;
  types.resize(mix.stems[0].base.branchpoints.size(), by.stem.back());
  plan.stem_types = {std::move(types)};
  return std::move(deployer.plan(mix, plan).front());
}

}  // namespace

EventReplay replay_event(const EventRecord& event, const ReplayOptions& options, std::stop_token stop) {
  const AnsweredBy& by = checked(event);
  VideoReader reader(options.source, options.input, std::move(stop));
  VideoInfo video = reader.info();
  if (options.input.fps > 0) video.fps = options.input.fps;
  if (!(video.fps > 0)) {
    throw Error(ErrorKind::usage, fmt::format("{}: states no frame rate; give one (--stream-fps)",
                                              without_password(options.source)));
  }
  const Mix mix = replayed_mix(event, options, video);
  const Engine engine({.threads = options.threads});
  Deployer deployer(Mode::mainstream, engine, Clock::system());
  const std::unique_ptr<StemPlan> plan = replayed_plan(event, mix, deployer);

  EventReplay replay;
  FrameTimes times;
  const std::vector<std::size_t> due{0};
  std::vector<float> score(1);
  for (auto frame = reader.next(); frame && frame->index <= event.frames.last; frame = reader.next()) {
    if (frame->index < event.frames.first) continue;
    plan->pipeline->run(frame->picture, due, score, times);
    const bool planned = plan->cadence.due(frame->time);
    if (planned) (void)plan->cadence.take(frame->time);
    replay.frames.push_back(
        {frame->index, seconds(frame->time), score[0], score[0] >= by.threshold, planned});
    if (frame->index == *event.peak_frame) replay.peak = score[0];
  }
  if (replay.frames.empty() || replay.frames.back().index < event.frames.last) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: does not have the event's frames {}..{}", without_password(options.source),
                            event.frames.first, event.frames.last));
  }
  return replay;
}

bool EventReplay::agrees_with(const EventRecord& event) const {
  return peak && std::abs(static_cast<double>(*peak) - event.peak_score) <= kTolerance;
}

}  // namespace mainstream
