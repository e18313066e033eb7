#include "node/hours.hpp"

#include <algorithm>
#include <charconv>

namespace mainstream {
namespace {

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kMinutesOfDay = 24 * 60;

std::optional<int> parse_day(std::string_view text) {
  const auto found = std::ranges::find(kDays, text);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<int>(found - kDays.begin());
}

std::optional<int> parse_two_digits(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.size() != 2 || error != std::errc() || end != text.data() + 2 || value < 0 || value > most)
    return {};
  return value;
}

// "07:30" as minutes of the day.
std::optional<int> parse_minute(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = parse_two_digits(text.substr(0, 2), 24), minute = parse_two_digits(text.substr(3), 59);
  if (!hour || !minute || *hour * 60 + *minute > kMinutesOfDay) return std::nullopt;
  return *hour * 60 + *minute;
}

// Marks "fri" or "fri-mon"; false for another form.
bool mark_days(std::string_view text, std::array<bool, 7>& days) {
  const auto dash = std::min(text.find('-'), text.size());
  const auto first = parse_day(text.substr(0, dash));
  const auto last = dash < text.size() ? parse_day(text.substr(dash + 1)) : first;
  if (!first || !last) return false;
  for (int day = *first;; day = (day + 1) % 7) {
    days[static_cast<std::size_t>(day)] = true;
    if (day == *last) return true;
  }
}

}  // namespace

std::optional<Hours> parse_hours(std::string_view text) {
  Hours hours;
  if (const auto space = text.find(' '); space != std::string_view::npos) {
    std::string_view days = text.substr(0, space);
    text.remove_prefix(space + 1);
    while (true) {
      const auto comma = std::min(days.find(','), days.size());
      if (!mark_days(days.substr(0, comma), hours.days)) return std::nullopt;
      if (comma == days.size()) break;
      days.remove_prefix(comma + 1);
    }
  } else {
    hours.days.fill(true);
  }
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = parse_minute(text.substr(0, dash)), to = parse_minute(text.substr(dash + 1));
  if (!from || !to || *from == *to || *from == kMinutesOfDay) return std::nullopt;
  hours.from = *from;
  hours.to = *to;
  return hours;
}

bool is_within(const std::vector<Hours>& spans, int day, int minute) {
  const auto on = [&](const Hours& span, int begin_day) {
    return span.days[static_cast<std::size_t>(begin_day)];
  };
  return spans.empty() || std::ranges::any_of(spans, [&](const Hours& span) {
           if (span.from < span.to) return on(span, day) && minute >= span.from && minute < span.to;
           return (on(span, day) && minute >= span.from) || (on(span, (day + 6) % 7) && minute < span.to);
         });
}

}  // namespace mainstream
