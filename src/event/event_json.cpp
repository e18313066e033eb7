#include "event/event_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>

#include "core/file.hpp"
#include "core/json.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMaxEventBytes = std::uint64_t{256} << 20;
constexpr std::int64_t kMaxCount = std::int64_t{1} << 53;  // what every JSON reader can hold
constexpr std::size_t kMaxStemParts = 10'000;
constexpr double kMaxSeconds = 1e12;

// Scores come from 32-bit floats and times from microseconds: more digits would be noise.
double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

EventChange parse_change(const JsonField& field) {
  const std::string word = field.text();
  for (const EventChange change : {EventChange::begun, EventChange::updated, EventChange::ended,
                                   EventChange::interrupted, EventChange::warned, EventChange::nearly}) {
    if (word == to_string(change)) return change;
  }
  field.fail(
      fmt::format("expected new, update, end, interrupted, warning or near_miss, got {}", in_quotes(word)));
}

template <typename T, typename Read>
void read_optional(const JsonField& event, std::string_view key, T& value, Read read) {
  if (const auto field = event.find(key)) value = read(*field);
}

NumberType parse_number_type(const JsonField& field) {
  const std::string word = field.text();
  if (const auto type = number_type_from(word)) return *type;
  field.fail(fmt::format("expected f32, bf16 or int8, got {}", in_quotes(word)));
}

// One word for a stem of one number type, else a list with one for each part.
void write_answered_by(const AnsweredBy& by, Json& json) {
  Json stem = Json::array();
  for (const NumberType type : by.stem) stem.push_back(to_string(type));
  const bool all_same =
      std::ranges::all_of(by.stem, [&](NumberType type) { return type == by.stem.front(); });
  json["number_types"] = {{"stem", all_same ? stem.front() : stem}, {"tail", to_string(by.tail)}};
  json["threshold"] = shortest_number(by.threshold);
  const Region& region = by.region;
  if (region != Region{}) json["region"] = {region.left, region.top, region.width, region.height};
}

std::optional<AnsweredBy> read_answered_by(const JsonField& event) {
  const auto types = event.find("number_types");
  if (!types) return std::nullopt;
  AnsweredBy by;
  const JsonField stem = (*types)["stem"];
  if (stem.is_array()) {
    if (stem.size() == 0 || stem.size() > kMaxStemParts) stem.fail("expected one number type or a list");
    for (std::size_t i = 0; i < stem.size(); ++i) by.stem.push_back(parse_number_type(stem.at(i)));
  } else {
    by.stem = {parse_number_type(stem)};
  }
  by.tail = parse_number_type((*types)["tail"]);
  by.threshold = static_cast<float>(event["threshold"].number(0, 1));
  if (const auto region = event.find("region")) {
    if (region->size() != 4) region->fail(fmt::format("expected 4 values, got {}", region->size()));
    const auto side = [&](std::size_t i) { return region->at(i).number(0, 1); };
    by.region = {side(0), side(1), side(2), side(3)};
  }
  return by;
}

}  // namespace

WallTime parse_time(const JsonField& field) {
  const std::string text = field.text();
  int year = 0, ms = 0, end = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  const int fields = std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u.%3dZ%n", &year, &month, &day, &hour,
                                 &minute, &second, &ms, &end);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  const bool whole = fields == 7 && static_cast<std::size_t>(end) == text.size() && text.size() == 24;
  if (!whole || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    field.fail(fmt::format("{} is not a time like 2024-05-17T08:30:00.250Z", in_quotes(text)));
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + std::chrono::milliseconds(ms);
}

std::string to_string(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

const char* to_string(EventChange change) noexcept {
  switch (change) {
    case EventChange::begun:
      return "new";
    case EventChange::updated:
      return "update";
    case EventChange::ended:
      return "end";
    case EventChange::interrupted:
      return "interrupted";
    case EventChange::warned:
      return "warning";
    case EventChange::nearly:
      return "near_miss";
  }
  return "end";
}

std::string to_json_line(const EventRecord& event) {
  Json json = {{"app", event.app},
               {"stream", event.stream},
               {"id", event.id},
               {"start_frame", event.frames.first},
               {"end_frame", event.frames.last},
               {"start_seconds", rounded(event.start_seconds)},
               {"end_seconds", rounded(event.end_seconds)},
               {"start_time", to_string(event.start_time)},
               {"end_time", to_string(event.end_time)},
               {"peak_score", rounded(event.peak_score)},
               {"frames_seen", event.seen},
               {"frames_positive", event.positive},
               {"branchpoint", event.branchpoint},
               {"fps", rounded(event.fps)}};
  if (event.confirmed_frame) json["confirmed_frame"] = *event.confirmed_frame;
  if (event.votes > 0) json["votes"] = event.votes;
  if (!event.candidate.empty()) json["candidate"] = event.candidate;
  if (!event.package.empty()) json["package"] = event.package;
  if (event.plan) json["plan"] = *event.plan;
  if (event.peak_frame) json["peak_frame"] = *event.peak_frame;
  if (event.answered_by) write_answered_by(*event.answered_by, json);
  if (event.change) json["type"] = to_string(*event.change);
  if (event.sequence > 0) json["sequence"] = event.sequence;
  if (event.snapshot) json["snapshot"] = true;
  if (!event.warning.empty()) json["warning"] = event.warning;
  return json_text(json);
}

EventRecord parse_event_line(std::string_view line, const std::string& place) {
  const JsonField field = read_json(line, place);
  EventRecord event;
  event.app = field["app"].text();
  event.frames.first = field["start_frame"].integer(0, kMaxCount);
  event.frames.last = field["end_frame"].integer(event.frames.first, kMaxCount);
  const auto text = [](const JsonField& value) { return value.text(); };
  const auto seconds = [](const JsonField& value) { return value.number(0, kMaxSeconds); };
  const auto count = [](const JsonField& value) { return value.integer(0, kMaxCount); };
  read_optional(field, "stream", event.stream, text);
  read_optional(field, "id", event.id, text);
  read_optional(field, "start_seconds", event.start_seconds, seconds);
  read_optional(field, "end_seconds", event.end_seconds, seconds);
  read_optional(field, "start_time", event.start_time, parse_time);
  read_optional(field, "end_time", event.end_time, parse_time);
  read_optional(field, "peak_score", event.peak_score, [](const JsonField& v) { return v.number(0, 1); });
  read_optional(field, "frames_seen", event.seen, count);
  read_optional(field, "frames_positive", event.positive, count);
  read_optional(field, "branchpoint", event.branchpoint, text);
  read_optional(field, "fps", event.fps, [](const JsonField& v) { return v.number(0, 1e6); });
  const auto small_count = [](const JsonField& value) {
    return static_cast<int>(value.integer(0, std::numeric_limits<int>::max()));
  };
  read_optional(field, "confirmed_frame", event.confirmed_frame,
                [&](const JsonField& value) { return value.integer(event.frames.first, event.frames.last); });
  read_optional(field, "votes", event.votes, small_count);
  read_optional(field, "candidate", event.candidate, text);
  read_optional(field, "package", event.package, text);
  read_optional(field, "plan", event.plan, small_count);
  read_optional(field, "peak_frame", event.peak_frame,
                [&](const JsonField& value) { return value.integer(event.frames.first, event.frames.last); });
  event.answered_by = read_answered_by(field);
  read_optional(field, "type", event.change, parse_change);
  read_optional(field, "sequence", event.sequence, count);
  read_optional(field, "snapshot", event.snapshot, [](const JsonField& value) { return value.boolean(); });
  read_optional(field, "warning", event.warning, text);
  return event;
}

std::vector<EventRecord> read_events(const std::filesystem::path& path) {
  const std::string text = read_file(path, kMaxEventBytes);
  std::vector<EventRecord> events;
  std::map<std::string, std::size_t> places;  // of the events that may have more records, by id
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    EventRecord event = parse_event_line(line, fmt::format("{}:{}", path.string(), number));
    if (event.change == EventChange::warned || event.change == EventChange::nearly) continue;
    if (event.change && !event.id.empty()) {
      const auto [known, first] = places.try_emplace(event.id, events.size());
      if (!first) {
        // A record that is delivered again must not undo a later one.
        if (event.sequence >= events[known->second].sequence) events[known->second] = std::move(event);
        continue;
      }
    }
    events.push_back(std::move(event));
  }
  return events;
}

EventRecord read_event(const std::filesystem::path& path) {
  try {
    return parse_event_line(read_file(path, kMaxEventBytes), path.string());
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::untrusted) throw;
  }
  const std::vector<EventRecord> events = read_events(path);
  if (events.size() == 1) return events.front();
  throw Error(ErrorKind::untrusted,
              fmt::format("{}: expected one event, got {}", path.string(), events.size()));
}

}  // namespace mainstream
