// Why an app has no event now: in a word for the log, and in a sentence for people.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "mainstream/node.hpp"

namespace mainstream {

// The first of these that holds.
enum class WhyNot {
  event_open,  // there is one
  not_planned,
  no_frame,    // none was analysed yet
  not_seen,    // of the last seconds none was analysed
  few_frames,  // clearly fewer than planned are analysed
  low_score,
  few_votes,
};

[[nodiscard]] WhyNot why_not(const NodeState::App& app);

// "score 0.31 is below the threshold of 0.45"
[[nodiscard]] std::string why_not_text(const NodeState::App& app);

// Tells when an answer changes: one that has lasted for ten seconds and is another than the last one that was
// told, each app at most once a minute. Events are no news here: they are told elsewhere.
class WhyNotLog {
 public:
  // The lines to log now: "crossing@gate: ..". Called about once a second.
  [[nodiscard]] std::vector<std::string> changes(const std::vector<NodeState::App>& apps, Clock::Time now);

 private:
  struct Answer {
    WhyNot seen = WhyNot::low_score;
    Clock::Time since{};
    WhyNot told = WhyNot::low_score;
    std::optional<Clock::Time> told_at;
  };
  std::map<std::string, Answer> answers_;
};

}  // namespace mainstream
