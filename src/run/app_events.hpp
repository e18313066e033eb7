// From one app's answers on frames to its events, with the times and the plan they belong to.
#pragma once

#include <optional>
#include <string>

#include "mainstream/event.hpp"
#include "mainstream/media.hpp"

namespace mainstream {

// Keeps what EventDetector does not know: when its frames were, and what the app ran then.
// Lives as long as the stream, so a change of plan does not touch an open event. One thread.
class AppEvents {
 public:
  explicit AppEvents(EventRule rule) : detector_(rule) { running_.votes = rule.votes; }

  // What the app runs from now on. Its votes are those of the rule until they are set here.
  struct Running {
    std::string branchpoint;
    double fps = 0;
    int votes = 1;
    std::string candidate;    // its id; empty where it has none
    std::optional<int> plan;  // its number
  };
  void set_running(Running running);

  struct Closed {
    EventDetector::Event event;
    MediaTime start{}, end{};  // of the first and the last frame of the event
    Running running;           // at its last frame
  };

  // As EventDetector::add and finish.
  [[nodiscard]] std::optional<Closed> add(std::int64_t frame, MediaTime time, float score, bool positive);
  [[nodiscard]] std::optional<Closed> finish();

 private:
  [[nodiscard]] Closed close(const EventDetector::Event& event) const {
    return {event, open_start_, open_end_, open_running_};
  }

  EventDetector detector_;
  Running running_;
  bool in_run_ = false;  // the last frame was positive
  MediaTime run_start_{};
  // Of the detector's open event.
  std::optional<std::int64_t> open_first_;
  MediaTime open_start_{}, open_end_{};
  Running open_running_;
};

}  // namespace mainstream
