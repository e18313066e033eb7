#include "eval/event_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "media/pixels.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

std::int64_t length_of(const FrameRange& range) {
  return range.last - range.first + 1;
}

FrameRange common_part(const FrameRange& a, const FrameRange& b) {
  return {std::max(a.first, b.first), std::min(a.last, b.last)};
}

// The events of one app in one run.
class AppRun {
 public:
  AppRun(const Comparison& comparison, const Trial& trial, const Manifest& app)
      : comparison_(comparison), trial_(trial), app_(app) {
    const FrameRange& frames = comparison.frames;
    truth_ = runs_of(comparison.labels.of(app.app), frames.first, frames.last + 1);
    for (const EventRecord& event : trial.events) {
      if (event.app == app.app && event.frames.overlaps(frames)) reported_.push_back(event);
    }
  }

  [[nodiscard]] AppPictures pictures() const {
    return {app_.app, trial_.share, {found(), missed(), false_alarm()}};
  }

 private:
  [[nodiscard]] std::optional<ShownEvent> found() const {
    std::optional<ShownEvent> best;
    for (const FrameRange& event : truth_) {
      const auto detection = first_in(event);
      if (detection == reported_.end()) continue;
      ShownEvent shown = look_at(common_part(event, detection->frames));
      shown.truth = event;
      shown.reported = detection->frames;
      shown.confirmed = detection->confirmed_frame;
      if (!best || shown.score > best->score) best = std::move(shown);
    }
    return best;
  }

  [[nodiscard]] std::optional<ShownEvent> missed() const {
    const FrameRange* longest = nullptr;
    for (const FrameRange& event : truth_) {
      if (first_in(event) != reported_.end()) continue;
      if (longest == nullptr || length_of(event) > length_of(*longest)) longest = &event;
    }
    if (longest == nullptr) return std::nullopt;
    ShownEvent shown = look_at(*longest);
    shown.truth = *longest;
    return shown;
  }

  [[nodiscard]] std::optional<ShownEvent> false_alarm() const {
    std::optional<ShownEvent> best;
    for (const EventRecord& event : reported_) {
      if (!is_false(event)) continue;
      ShownEvent shown = look_at(event.frames);
      shown.reported = event.frames;
      shown.confirmed = event.confirmed_frame;
      if (!best || shown.score > best->score) best = std::move(shown);
    }
    return best;
  }

  [[nodiscard]] std::vector<EventRecord>::const_iterator first_in(const FrameRange& event) const {
    return std::ranges::find_if(reported_,
                                [&](const EventRecord& reported) { return reported.frames.overlaps(event); });
  }

  // A false alarm, as the score defines it: near no event.
  [[nodiscard]] bool is_false(const EventRecord& reported) const {
    const std::vector<Detection> alone{detection_of(reported)};
    const EventCounts counts =
        score_events(truth_, alone, {.fps = comparison_.stream_fps, .frames = comparison_.frames}).counts;
    return counts.found == 0 && counts.false_alarms >= 1;
  }

  [[nodiscard]] ShownEvent look_at(const FrameRange& range) const {
    ShownEvent shown;
    shown.frame = (range.first + range.last) / 2;
    for (const FrameAnswer& answer : trial_.answers) {
      if (answer.app != app_.app || answer.frame < range.first || answer.frame > range.last) continue;
      ++shown.seen;
      if (shown.score && answer.score <= *shown.score) continue;
      shown.frame = answer.frame;
      shown.score = answer.score;
    }
    describe_rule(shown);
    return shown;
  }

  void describe_rule(ShownEvent& shown) const {
    const MixPlan& plan = trial_.in_force(static_cast<double>(shown.frame) / comparison_.stream_fps).plan;
    const auto set = std::ranges::find(plan.schedule.apps, app_.app, &Schedule::App::id);
    if (set == plan.schedule.apps.end()) return;
    const Setting& setting = plan.settings[static_cast<std::size_t>(set - plan.schedule.apps.begin())];
    shown.threshold = setting.threshold;
    shown.votes = setting.votes;
  }

  const Comparison& comparison_;
  const Trial& trial_;
  const Manifest& app_;
  std::vector<FrameRange> truth_;
  std::vector<EventRecord> reported_;
};

std::optional<AppPictures> choose_of(const Comparison& comparison, const Manifest& app) {
  std::optional<AppPictures> pictures;
  std::vector<std::optional<double>> shares = comparison.shares();
  for (auto share = shares.rbegin(); share != shares.rend(); ++share) {
    const Trial* trial = comparison.find(kMainstream, *share);
    if (trial == nullptr || !trial->ran()) continue;
    pictures = AppRun(comparison, *trial, app).pictures();
    if (std::ranges::all_of(pictures->events, [](const auto& event) { return event.has_value(); })) break;
  }
  return pictures;
}

std::string span_text(const FrameRange& range, double fps) {
  return fmt::format("{:.1f} to {:.1f} s", static_cast<double>(range.first) / fps,
                     static_cast<double>(range.last + 1) / fps);
}

std::string found_caption(const ShownEvent& event, double fps) {
  std::string text = fmt::format("True from {}, reported from {}", span_text(*event.truth, fps),
                                 span_text(*event.reported, fps));
  if (!event.confirmed) return text + ".";
  const auto late = std::max<std::int64_t>(0, *event.confirmed - event.truth->first);
  return fmt::format("{}, {:.1f} s after the start.", text, static_cast<double>(late) / fps);
}

// "1 frame was looked at; 2 in a row with a score of 0.50 or more would have been reported."
std::string rule_text(const ShownEvent& event) {
  const std::string seen = event.seen == 1 ? "1 frame was" : fmt::format("{} frames were", event.seen);
  const std::string needed = event.votes == 1 ? "one" : fmt::format("{} in a row", event.votes);
  return fmt::format("{} looked at; {} with a score of {:.2f} or more would have been reported.", seen,
                     needed, event.threshold);
}

std::string missed_caption(const ShownEvent& event, double fps) {
  return fmt::format("True from {}; nothing was reported. {}", span_text(*event.truth, fps),
                     event.seen == 0 ? "No frame of it was looked at." : rule_text(event));
}

std::string false_alarm_caption(const ShownEvent& event, double fps) {
  return fmt::format("Reported from {} at a threshold of {:.2f}; nothing was true then.",
                     span_text(*event.reported, fps), event.threshold);
}

}  // namespace

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::found:
      return "found";
    case Outcome::missed:
      return "missed";
    case Outcome::false_alarm:
      break;
  }
  return "false alarm";
}

std::vector<AppPictures> choose_pictures(const Comparison& comparison) {
  std::vector<AppPictures> all;
  for (const Manifest& app : comparison.apps) {
    if (auto pictures = choose_of(comparison, app)) all.push_back(std::move(*pictures));
  }
  return all;
}

void take_pictures(std::vector<AppPictures>& apps, const std::string& video, const std::stop_token& stop) {
  std::multimap<std::int64_t, ShownEvent*> wanted;
  for (AppPictures& app : apps) {
    for (std::optional<ShownEvent>& event : app.events) {
      if (event) wanted.emplace(event->frame, &*event);
    }
  }
  VideoReader reader(video, stop);
  while (!wanted.empty()) {
    const auto frame = reader.next();
    if (stop.stop_requested()) throw Error(ErrorKind::failed, "stopped");
    if (!frame) {
      throw Error(ErrorKind::untrusted,
                  fmt::format("{}: ends before frame {}", without_password(video), wanted.begin()->first));
    }
    const auto [first, last] = wanted.equal_range(frame->index);
    if (first == last) continue;
    const std::vector<std::uint8_t> jpeg = encode_jpeg(frame->picture);
    std::for_each(first, last, [&](const auto& place) { place.second->jpeg = jpeg; });
    wanted.erase(first, last);
  }
}

std::string picture_title(const ShownEvent& event, Outcome outcome, double stream_fps) {
  const std::string score = event.score ? fmt::format("score {:.2f}", *event.score) : "not looked at";
  return fmt::format("{} at {:.1f} s, {}", to_string(outcome), static_cast<double>(event.frame) / stream_fps,
                     score);
}

std::string picture_caption(const ShownEvent& event, Outcome outcome, double stream_fps) {
  switch (outcome) {
    case Outcome::found:
      return found_caption(event, stream_fps);
    case Outcome::missed:
      return missed_caption(event, stream_fps);
    case Outcome::false_alarm:
      break;
  }
  return false_alarm_caption(event, stream_fps);
}

}  // namespace mainstream
