// Counts and times of a run while it goes on. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "mainstream/media_time.hpp"
#include "mainstream/planning.hpp"
#include "run/histogram.hpp"
#include "run/pipeline.hpp"

namespace mainstream {

// Time that a part took in all, and how often it ran.
struct Spent {
  double ms = 0;
  std::int64_t times = 0;
  void add(double took_ms) {
    ms += took_ms;
    ++times;
  }
  Spent operator-(const Spent& other) const { return {ms - other.ms, times - other.times}; }
};

// Counted since the present plan was deployed; feedback compares them with the plan.
struct PlanStatistics {
  int plan = 0;                          // its number
  std::optional<MediaTime> first, last;  // of the frames taken
  std::int64_t taken = 0, analysed = 0;
  double busy_ms = 0;
  Spent scale;  // of one picture
  // Runs of the stem from one place of the base to another; 0 is the picture.
  std::map<std::pair<std::size_t, std::size_t>, Spent> stem;
  std::vector<Spent> own;  // by app: its own network; where it runs alone, the whole

  // Counted after `before`, an earlier value of the same plan's, or none yet. Requires `last`.
  [[nodiscard]] PlanStatistics since(const PlanStatistics& before) const;
  [[nodiscard]] double length_s() const { return seconds(*last - *first); }
};

struct Statistics {
  struct App {
    std::int64_t frames = 0, positive = 0, events = 0;
    double asked = 0;  // frames that the schedules asked for
    Histogram own_ms;  // tail, or without sharing the whole network
  };

  std::optional<MediaTime> first, last;  // of the frames taken from the camera
  std::int64_t taken = 0;                // frames taken from the camera
  std::int64_t analysed = 0;
  std::int64_t put_off = 0;  // frames that were due while the budget was spent
  double busy_ms = 0;
  Histogram latency_ms;  // from the decoder's hand to the last sink
  Histogram frame_ms;    // busy time of an analysed frame
  Histogram scale_ms, stem_ms;
  std::vector<App> apps;
  PlanStatistics present;

  // A frame was taken from the camera; `settings[i]` is the setting of app i.
  void count_taken(MediaTime time, std::span<const Setting> settings);
  // A frame was analysed. The caller counts the scores and events of apps.
  void count_analysed(const FrameTimes& times, double latency_ms_of_frame);
  void begin_plan(int number);
};

}  // namespace mainstream
