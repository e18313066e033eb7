#include "node/why_not.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mainstream {
namespace {

constexpr double kClearlyFewer = 0.8;
constexpr auto kLasting = std::chrono::seconds(10), kBetweenLines = std::chrono::seconds(60);

// What most of the frames were lost to.
const char* cause_of(const Drops& drops) {
  if (drops.total() == 0) return "the plan is new, or the camera sends fewer frames than it states";
  if (drops.camera >= std::max(drops.overload, drops.budget)) return "the camera does not deliver them";
  return drops.overload >= drops.budget ? "the machine is too slow" : "the budget is spent";
}

// Answers that differ only as an app goes through its events.
bool is_quiet(WhyNot answer) {
  return answer == WhyNot::event_open || answer == WhyNot::low_score || answer == WhyNot::few_votes;
}

}  // namespace

WhyNot why_not(const NodeState::App& app) {
  if (app.event_open) return WhyNot::event_open;
  if (!app.planned) return WhyNot::not_planned;
  if (!app.last_score) return WhyNot::no_frame;
  if (app.reached_fps <= 0) return WhyNot::not_seen;
  if (app.reached_fps < kClearlyFewer * app.setting.fps && app.lost.total() > 0) return WhyNot::few_frames;
  if (!(*app.last_score >= app.setting.threshold)) return WhyNot::low_score;
  return WhyNot::few_votes;
}

std::string why_not_text(const NodeState::App& app) {
  switch (why_not(app)) {
    case WhyNot::event_open:
      return "an event is open";
    case WhyNot::not_planned:
      return "it does not run: " + app.reason;
    case WhyNot::no_frame:
      return "no frame was analysed yet";
    case WhyNot::not_seen:
      return fmt::format("no frame was analysed in the last seconds: {}", cause_of(app.lost));
    case WhyNot::few_frames:
      return fmt::format("only {:.2g} of {:.2g} frames per second are analysed: {}", app.reached_fps,
                         app.setting.fps, cause_of(app.lost));
    case WhyNot::low_score:
      return fmt::format("the last score, {:.3f}, is below the threshold of {:.3f}", *app.last_score,
                         app.setting.threshold);
    case WhyNot::few_votes:
      return fmt::format("{} of {} votes so far", app.votes, app.setting.votes);
  }
  return {};
}

std::vector<std::string> WhyNotLog::changes(const std::vector<NodeState::App>& apps, Clock::Time now) {
  std::vector<std::string> lines;
  std::map<std::string, Answer> answers;
  for (const NodeState::App& app : apps) {
    const auto known = answers_.find(app.id);
    Answer answer = known != answers_.end() ? known->second : Answer{};
    const WhyNot now_seen = why_not(app);
    if (known == answers_.end() ||
        (answer.seen != now_seen && !(is_quiet(answer.seen) && is_quiet(now_seen))))
      answer.since = now;
    answer.seen = now_seen;
    const bool is_news = answer.told != now_seen && !(is_quiet(answer.told) && is_quiet(now_seen));
    const bool may_speak = !answer.told_at || now - *answer.told_at >= kBetweenLines;
    if (is_news && may_speak && now - answer.since >= kLasting) {
      lines.push_back(fmt::format("{}: {}", app.id,
                                  is_quiet(now_seen) ? "is analysed as planned again" : why_not_text(app)));
      answer.told = now_seen;
      answer.told_at = now;
    }
    answers[app.id] = answer;
  }
  answers_ = std::move(answers);  // apps that went are forgotten
  return lines;
}

}  // namespace mainstream
