// Counts and times of a run while it goes on. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mainstream/media_time.hpp"
#include "mainstream/planning.hpp"
#include "mainstream/runner.hpp"
#include "mainstream/score_bins.hpp"
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

// How an app's scores are distributed.
struct ScoresSeen {
  ScoreCounts counts{};
  std::int64_t positive = 0;  // frames at or above the threshold
};

// Counted since the present plan was deployed; feedback compares them with the plan.
struct PlanStatistics {
  int plan = 0;                          // its number
  std::optional<MediaTime> first, last;  // of the frames taken
  double away_s = 0;                     // of the time between them, in which the camera gave nothing
  std::int64_t taken = 0, analysed = 0;
  double busy_ms = 0;
  Spent scale;  // of one picture
  // Runs of the stem from one place of the base to another; 0 is the picture.
  std::map<std::pair<std::size_t, std::size_t>, Spent> stem;
  std::vector<Spent> own;          // by app: its own network; where it runs alone, the whole
  std::vector<ScoresSeen> scores;  // by app

  // Counted after `before`, an earlier value of the same plan's, or none yet. Requires `last`.
  // Scores are not among them.
  [[nodiscard]] PlanStatistics since(const PlanStatistics& before) const;
  // While there were frames.
  [[nodiscard]] double length_s() const { return seconds(*last - *first) - away_s; }
};

// Of one stem's analysis. Times in histograms are on the clock; busy and spent ones are core-milliseconds.
struct Statistics {
  struct App {
    std::string id;
    std::int64_t frames = 0, positive = 0, events = 0;
    double asked = 0;  // frames that the schedules asked for
    Drops dropped;     // of these, lost ones by cause
    Histogram own_ms;  // tail, or without sharing the whole network
    std::optional<float> last_score;
    int votes = 0;            // positive frames in a row so far
    bool event_open = false;  // it has its votes, and is long enough
  };

  std::optional<MediaTime> first, last;  // of the frames taken from the camera
  std::int64_t taken = 0;                // frames taken from the camera
  std::int64_t replaced = 0;             // frames that a newer one replaced before they were taken
  std::int64_t analysed = 0;
  std::int64_t put_off = 0;  // frames that were due while the budget was spent
  double busy_ms = 0;
  Histogram latency_ms;  // from the decoder's hand to that of the events' thread
  Histogram frame_ms;    // busy time of an analysed frame
  Histogram scale_ms, stem_ms;
  std::vector<App> apps;
  PlanStatistics present;

  // A frame was taken from the camera, after `replaced_now` others that were not; app i asks for fps[i].
  void count_taken(MediaTime time, std::int64_t replaced_now, std::span<const double> fps);
  // The budget does not allow the frame that was taken last.
  void count_put_off();
  // A frame was analysed on `threads` threads. The caller counts the scores and events of apps.
  void count_analysed(const FrameTimes& times, int threads, double latency_ms_of_frame);
  // These apps run from now on; those that were there keep their counts.
  void begin_plan(int number, std::span<const std::string> ids);

 private:
  std::int64_t Drops::*lost_to_ = &Drops::camera;  // what the latest lost frames were lost to
};

}  // namespace mainstream
