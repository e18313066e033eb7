// One option for every app, and what that asks of the stems.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "schedule/instance.hpp"

namespace mainstream {

// By app: an index into InstanceApp::options.
using Assignment = std::vector<std::size_t>;

// The demand of a stem's apps on one segment.
struct SegmentDemand {
  int rate = 0;  // the highest of all apps that need the segment; index into StemGrid::rates, 0: unused
  int second_rate = 0;     // the highest of all apps but `asking`
  std::size_t asking = 0;  // an app that asks for `rate`; meaningful only where second_rate is lower
  int type = -1;           // number type of the next branchpoint in use; -1: none

  [[nodiscard]] int rate_without(std::size_t app) const { return asking == app ? second_rate : rate; }
};

struct StemDemand {
  std::vector<SegmentDemand> segments;  // by level; entry 0 is unused
  // Apps at one branchpoint need the same stem number type, and types must not get more exact with depth.
  bool types_fit = true;
};
[[nodiscard]] StemDemand demand_on(const Instance& instance, const StemGrid& stem,
                                   const Assignment& assignment);

// The sum of the options' values.
[[nodiscard]] double value_of(const Instance& instance, const Assignment& assignment);

// The cost per second; nothing where the number types of a stem do not fit together.
[[nodiscard]] std::optional<double> cost_of(const Instance& instance, const Assignment& assignment);

}  // namespace mainstream
