#include "serve/request.hpp"

#include <fmt/format.h>

#include <charconv>

#include "core/json.hpp"
#include "core/text.hpp"
#include "event/event_json.hpp"
#include "mainstream/error.hpp"
#include "node/recordings.hpp"
#include "store/state_directory.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMostMarkedApps = 64;
constexpr std::size_t kMostParts = 16, kMostKeys = 16, kLongestList = 1'000, kListed = 100;
constexpr std::size_t kMostPart = 4 * kMostName;

[[noreturn]] void refuse(std::string_view where, const std::string& why) {
  throw Error(ErrorKind::untrusted, fmt::format("{}: {}", where, why));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text, std::string_view where, bool plus_is_space) {
  if (text.size() > 3 * kMostPart) refuse(where, "a part of it is too long");
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      if (low < 0) refuse(where, "expected two hexadecimal digits after %");
      decoded += static_cast<char>(16 * high + low);
      i += 2;
    }
  }
  if (const std::string hidden = first_hidden(decoded); !hidden.empty()) {
    refuse(where, "expected UTF-8 without hidden characters, got " + hidden);
  }
  return decoded;
}

// Calls `take` with each piece between separators.
template <typename Take>
void split(std::string_view text, char separator, const Take& take) {
  while (true) {
    const std::size_t end = text.find(separator);
    take(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

std::string path_part(std::string_view text) {
  std::string part = percent_decoded(text, "path", false);
  if (part.empty() || part == "." || part == ".." || part.find_first_of("/\\") != std::string::npos) {
    refuse("path", "expected parts that are names, got " + in_quotes(part));
  }
  return part;
}

template <typename Number>
Number parse_whole(std::string_view text, std::string_view where, Number low, Number high) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    refuse(where, fmt::format("expected a whole number from {} to {}, got {}", low, high, in_quotes(text)));
  }
  return value;
}

std::string checked_name(const std::string& name, const std::string& where) {
  if (const std::string fault = name_fault(name); !fault.empty()) refuse(where, fault);
  return name;
}

const std::string* find(const std::map<std::string, std::string>& query, const std::string& key) {
  const auto found = query.find(key);
  return found == query.end() ? nullptr : &found->second;
}

}  // namespace

std::string ApiRequest::header(const std::string& name) const {
  const auto [first, last] = headers.equal_range(name);
  if (first == last) return {};
  if (std::next(first) != last) refuse("headers", "expected one " + name + ", got several");
  return first->second;
}

Target parse_target(std::string_view target) {
  Target result;
  const std::size_t mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  if (!path.starts_with('/')) refuse("path", "expected a / at its start");
  path.remove_prefix(1);
  if (!path.empty())
    split(path, '/', [&](std::string_view part) {
      if (result.path.size() == kMostParts) refuse("path", fmt::format("has more than {} parts", kMostParts));
      result.path.push_back(path_part(part));
    });
  if (mark == std::string_view::npos || mark + 1 == target.size()) return result;
  split(target.substr(mark + 1), '&', [&](std::string_view pair) {
    if (result.query.size() == kMostKeys) refuse("query", fmt::format("has more than {} keys", kMostKeys));
    const std::size_t equals = pair.find('=');
    const std::string key = percent_decoded(pair.substr(0, equals), "query", true);
    if (equals == std::string_view::npos) refuse("query", "expected KEY=VALUE, got " + in_quotes(key));
    const std::string value = percent_decoded(pair.substr(equals + 1), "query", true);
    if (!result.query.emplace(key, value).second) refuse("query", "duplicate key " + in_quotes(key));
  });
  return result;
}

std::size_t parse_limit(const std::map<std::string, std::string>& query) {
  const std::string* limit = find(query, "limit");
  return limit == nullptr ? kListed : parse_whole<std::size_t>(*limit, "query: limit", 1, kLongestList);
}

EventQuery parse_event_query(const std::map<std::string, std::string>& query) {
  const auto name = [&](const std::string& key) {
    const std::string* value = find(query, key);
    return value == nullptr ? std::string() : checked_name(*value, "query: " + key);
  };
  const auto time = [&](const std::string& key) -> std::optional<WallTime> {
    const std::string* value = find(query, key);
    if (value == nullptr) return std::nullopt;
    const Json text = *value;
    return parse_time(JsonField(text, "query: " + key));
  };
  EventQuery events;
  events.stream = name("stream");
  events.app = name("app");
  events.after = time("after");
  events.before = time("before");
  events.limit = parse_limit(query);
  if (const std::string* near = find(query, "near_misses")) {
    events.near_misses = *near == "true";
    if (!events.near_misses && *near != "false")
      refuse("query: near_misses", "expected true or false, got " + in_quotes(*near));
  }
  if (const std::string* below = find(query, "below")) {
    if (!is_event_id(*below)) refuse("query: below", "expected the id of an event, got " + in_quotes(*below));
    events.below = *below;
  }
  return events;
}

Verdict parse_verdict(std::string_view body) {
  const JsonField field = read_json(body, "body");
  Verdict verdict;
  const std::string word = field["verdict"].text();
  bool known = false;
  for (const auto kind : {Verdict::Kind::right, Verdict::Kind::wrong, Verdict::Kind::missed}) {
    if (word != to_string(kind)) continue;
    verdict.kind = kind;
    known = true;
  }
  if (!known) field["verdict"].fail("expected true, false or missed, got " + in_quotes(word));
  if (verdict.kind != Verdict::Kind::missed) {
    field.allow_only({"verdict"});
    return verdict;
  }
  field.allow_only({"verdict", "app", "stream", "start_time", "end_time"});
  verdict.app = checked_name(field["app"].text(), "body: app");
  verdict.stream = checked_name(field["stream"].text(), "body: stream");
  verdict.start = parse_time(field["start_time"]);
  verdict.end = parse_time(field["end_time"]);
  if (verdict.end < verdict.start) field["end_time"].fail("expected a time not before start_time");
  return verdict;
}

NewRecording parse_new_recording(std::string_view body) {
  const JsonField field = read_json(body, "body");
  field.allow_only({"stream", "seconds"});
  return {checked_name(field["stream"].text(), "body: stream"),
          static_cast<int>(field["seconds"].integer(1, StreamRecordings::kMostSeconds))};
}

Labels parse_marks(std::string_view body, std::int64_t frames) {
  const JsonField field = read_json(body, "body");
  field.allow_only({"apps"});
  Labels labels;
  labels.frames = frames;
  field["apps"].for_each([&](const std::string& app, const JsonField& marks) {
    if (labels.apps.size() == kMostMarkedApps)
      field["apps"].fail(fmt::format("has more than {} apps", kMostMarkedApps));
    std::vector<bool>& marked = labels.apps[checked_name(app, "body: apps")];
    marked.resize(static_cast<std::size_t>(frames));
    for (std::size_t i = 0; i < marks.size(); ++i) {
      const JsonField mark = marks.at(i);
      if (mark.size() != 2) mark.fail("expected the first and the last frame");
      const std::int64_t first = mark.at(0).integer(0, frames - 1);
      const std::int64_t last = mark.at(1).integer(first, frames - 1);
      std::fill(marked.begin() + first, marked.begin() + last + 1, true);
    }
  });
  return labels;
}

std::string parse_new_training(std::string_view body) {
  const JsonField field = read_json(body, "body");
  field.allow_only({"app"});
  return checked_name(field["app"].text(), "body: app");
}

std::int64_t parse_index(const std::map<std::string, std::string>& query) {
  const std::string* index = find(query, "index");
  return index == nullptr ? 0 : parse_whole<std::int64_t>(*index, "query: index", 0, std::int64_t{1} << 40);
}

std::int64_t parse_last_event_id(std::string_view text) {
  return parse_whole<std::int64_t>(text, "Last-Event-ID", 0, std::int64_t{1} << 53);
}

}  // namespace mainstream
