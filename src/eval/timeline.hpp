// What was analysed, hit and missed during given events (the paper's figure 10), from frame logs of real
// runs.
#pragma once

#include <string>
#include <vector>

#include "eval/tenant_runs.hpp"
#include "mainstream/runner.hpp"

namespace mainstream {

// What one run said of one app.
struct TimelineRow {
  std::string name;
  std::vector<FrameAnswer> answers;  // in the order of frames
};

struct TimelineCounts {
  std::int64_t frames = 0, analysed = 0, hit = 0;  // within the events
  std::int64_t events = 0, events_analysed = 0, events_hit = 0;
  std::int64_t false_frames = 0;  // positive ones outside of all events
};
[[nodiscard]] TimelineCounts count_answers(const std::vector<FrameRange>& events, const TimelineRow& row);

// At most `count` events, evenly spread over all.
[[nodiscard]] std::vector<FrameRange> some_events(const std::vector<FrameRange>& events, std::size_t count);

// Events side by side, each with half a second before and after it; under the bar of its true frames a row
// of marks for each run.
[[nodiscard]] Plot timeline_plot(const std::vector<FrameRange>& events, const std::vector<TimelineRow>& rows,
                                 double fps);

struct TimelineOptions {
  std::size_t tenants = 5;
  double share = 1;        // budget, in whole bases at the stream's rate
  std::size_t events = 8;  // shown
  std::string app;         // empty: the mix's first
  std::uint64_t seed = 1;
};

// Runs one mix with Mainstream, max-sharing, apart and no-sharing. Throws usage for an app that the mix does
// not have.
ExperimentFiles run_timeline(const ExperimentSetup& setup, const TenantPool& pool,
                             const TimelineOptions& options, const RealRunOptions& run);

}  // namespace mainstream
