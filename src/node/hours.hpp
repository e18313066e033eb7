// Hours of the week at which an app watches: "mon-fri 07:00-19:00", "sat,sun 08:30-12:00", "22:00-06:00".
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mainstream {

// A span of local time that begins on each of these days. One that ends before it begins reaches into the
// next day.
struct Hours {
  std::array<bool, 7> days{};  // Monday first
  int from = 0, to = 24 * 60;  // minutes of the day; `to` does not belong to it
  bool operator==(const Hours&) const = default;
};

// Nothing for a text of another form. Days are mon, tue, wed, thu, fri, sat, sun, alone, as ranges, or a list
// with commas; without them it is every day. Times are HH:MM from 00:00 to 24:00, and differ.
[[nodiscard]] std::optional<Hours> parse_hours(std::string_view text);

// Whether a moment lies in one of the spans, or there are none. `day`: 0 is Monday; `minute`: of the day.
[[nodiscard]] bool is_within(const std::vector<Hours>& spans, int day, int minute);

}  // namespace mainstream
