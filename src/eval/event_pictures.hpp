// Of each app one found, one missed and one false event of Mainstream's runs, as the camera saw it.
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
  // Where the app's score was highest: within the event, and the detection where there is one; in the middle
  // where the app looked at no frame of it.
  std::int64_t frame = 0;
  std::optional<double> score;                // of that frame
  std::int64_t seen = 0;                      // frames of that stretch that the app looked at
  double threshold = 0;                       // of the candidate in force then
  int votes = 1;                              // likewise
  std::optional<FrameRange> truth, reported;  // nothing for false alarms, nothing for missed events
  std::optional<std::int64_t> confirmed;      // the frame that completed the detection's votes
  std::vector<std::uint8_t> jpeg;             // the frame; empty until take_pictures
};

struct AppPictures {
  std::string app;
  std::optional<double> share;                                     // the budget of the run that they are of
  std::array<std::optional<ShownEvent>, kOutcomes.size()> events;  // in kOutcomes' order, where there is any

  [[nodiscard]] const std::optional<ShownEvent>& of(Outcome outcome) const {
    return events[static_cast<std::size_t>(outcome)];
  }
};

// By app, of the run at the tightest budget that has all three, else of the one without a budget: the event
// found and the false alarm with the highest score, and of the missed events the longest. Apps without a run
// are left out.
[[nodiscard]] std::vector<AppPictures> choose_pictures(const Comparison& comparison);

// Reads the clip once. Throws what VideoReader throws, untrusted for a clip that ends before one of the
// frames, failed when stopped.
void take_pictures(std::vector<AppPictures>& apps, const std::string& video,
                   const std::stop_token& stop = {});

// When, and with what score: "52.3 s, score 0.93".
[[nodiscard]] std::string picture_title(const ShownEvent& event, Outcome outcome, double stream_fps);
// What was true, and what was reported.
[[nodiscard]] std::string picture_caption(const ShownEvent& event, Outcome outcome, double stream_fps);

}  // namespace mainstream
