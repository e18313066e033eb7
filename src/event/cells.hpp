// Time cut into stretches of one true event each, in which detections are counted.
#pragma once

#include <span>
#include <vector>

#include "mainstream/event.hpp"

namespace mainstream {

// Frames that two ranges have in common, 0 or more.
[[nodiscard]] std::int64_t common_frames(const FrameRange& a, const FrameRange& b);

class ScoringCells {
 public:
  // As score_cells, and what it throws.
  ScoringCells(std::span<const FrameRange> truth, const ScoreOptions& options);

  [[nodiscard]] std::size_t size() const { return cells_.size(); }
  [[nodiscard]] const FrameRange& frames(std::size_t cell) const { return cells_[cell].frames; }
  [[nodiscard]] const std::vector<FrameRange>& events() const { return events_; }  // within the frames

  // Adds to `counts`, one for each cell, what comes of `detections`: ascending, without common frames, within
  // the options' frames.
  void add(std::span<const FrameRange> detections, std::span<EventCounts> counts) const;

 private:
  struct Cell {
    FrameRange frames, event, near;  // near: the event and the tolerance beside it, within the cell
  };
  [[nodiscard]] std::span<const Cell> cells_of(const FrameRange& detection) const;

  std::vector<FrameRange> events_;
  std::vector<Cell> cells_;
  double alarm_frames_ = 0;
};

}  // namespace mainstream
