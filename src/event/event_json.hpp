// Events as JSON Lines: the file that M-Runner writes and `mainstream score` reads (docs/formats.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "mainstream/event.hpp"

namespace mainstream {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// One event of one app on one stream.
struct EventRecord {
  std::string app, stream;
  std::string id;                             // unique among the events of a node
  FrameRange frames;                          // of the stream
  double start_seconds = 0, end_seconds = 0;  // time of the stream at its first and last frame
  WallTime start_time, end_time;              // the same moments, UTC
  double peak_score = 0;                      // 0..1
  std::int64_t seen = 0, positive = 0;        // analysed frames within, and those of them that were positive
  std::string branchpoint;                    // in force when the event ended
  double fps = 0;                             // likewise: analysed frames per second
};

// One line, without its end.
[[nodiscard]] std::string to_json_line(const EventRecord& event);

// `place` ("events.jsonl:12") begins every message. `app`, `start_frame` and `end_frame` must be there, what
// else is missing keeps its default; unknown fields are passed over. Throws untrusted.
[[nodiscard]] EventRecord parse_event_line(std::string_view line, const std::string& place);

// All events of a file, in its order; empty lines are passed over. Throws unreadable or untrusted.
[[nodiscard]] std::vector<EventRecord> read_events(const std::filesystem::path& path);

// "2024-05-17T08:30:00.250Z"; years 0 to 9999.
[[nodiscard]] std::string to_string(WallTime time);

}  // namespace mainstream
