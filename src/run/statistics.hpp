// What a run counts while it goes on. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "mainstream/media.hpp"
#include "run/histogram.hpp"
#include "run/pipeline.hpp"

namespace mainstream {

// Time that something took, over all frames on which it ran.
struct Spent {
  double ms = 0;
  std::int64_t times = 0;
  void add(double took_ms) {
    ms += took_ms;
    ++times;
  }
};

// Since the present plan was deployed: what feedback compares with the plan.
struct PlanStatistics {
  int plan = 0;                          // its number
  std::optional<MediaTime> first, last;  // of the frames taken
  std::int64_t taken = 0, analysed = 0;
  double busy_ms = 0;
  Spent scale;  // of one picture
  // Runs of the stem from one place of the base to another; 0 is the picture.
  std::map<std::pair<std::size_t, std::size_t>, Spent> stem;
  std::vector<Spent> own;  // by app: its own network; where it runs alone, the whole
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

  // A frame was taken from the camera; `fps[i]` is what the schedule asks for app i.
  void count_taken(MediaTime time, std::span<const double> fps);
  // A frame was analysed. Scores and events of apps are counted by whoever judges them.
  void count_analysed(const FrameTimes& times, double latency_ms_of_frame);
  // A new plan begins.
  void begin_plan(int number);
};

}  // namespace mainstream
