// For each app pictures of one found event, one missed event and one false alarm of Mainstream's runs.
#pragma once

#include <array>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mainstream/comparison.hpp"

namespace mainstream {

enum class Outcome { found, missed, false_alarm };

inline constexpr std::array kOutcomes{Outcome::found, Outcome::missed, Outcome::false_alarm};

[[nodiscard]] const char* to_string(Outcome outcome);  // "found", "missed", "false alarm"

struct ShownEvent {
  // The frame with the app's highest score within the event, and within the detection if there is one; the
  // middle frame if the app analysed none of them.
  std::int64_t frame = 0;
  std::optional<double> score;                // score of that frame
  std::int64_t seen = 0;                      // frames of that stretch that the app analysed
  double threshold = 0;                       // threshold of the candidate in force then
  int votes = 1;                              // votes in force then
  std::optional<FrameRange> truth, reported;  // nothing for false alarms, nothing for missed events
  std::optional<std::int64_t> confirmed;      // the frame that completed the detection's votes
  std::vector<std::uint8_t> jpeg;             // the frame; empty until take_pictures
};

struct AppPictures {
  std::string app;
  std::optional<double> share;                                     // the budget of their run
  std::array<std::optional<ShownEvent>, kOutcomes.size()> events;  // in kOutcomes' order, where there is any

  [[nodiscard]] const std::optional<ShownEvent>& of(Outcome outcome) const {
    return events[static_cast<std::size_t>(outcome)];
  }
};

// For each app, from the run at the tightest budget that has all three, else from the one without a budget:
// the found event and the false alarm with the highest score, and the longest missed event. Apps without a
// run are left out.
[[nodiscard]] std::vector<AppPictures> choose_pictures(const Comparison& comparison);

// Reads the clip once. Throws what VideoReader throws, untrusted for a clip that ends before one of the
// frames, failed when stopped.
void take_pictures(std::vector<AppPictures>& apps, const std::string& video,
                   const std::stop_token& stop = {});

// The event's time and score: "52.3 s, score 0.93".
[[nodiscard]] std::string picture_title(const ShownEvent& event, Outcome outcome, double stream_fps);
// The true and the reported event in words.
[[nodiscard]] std::string picture_caption(const ShownEvent& event, Outcome outcome, double stream_fps);

}  // namespace mainstream
