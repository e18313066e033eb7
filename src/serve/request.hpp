// Requests and answers, apart from the library that carries them, and what is decoded from a request. Each
// decoder throws untrusted, and the message begins with the part of the request: "path:", "query:", ..
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mainstream/error.hpp"
#include "mainstream/store.hpp"

namespace mainstream {

class EventFeed;

struct ApiRequest {
  std::string method;                               // "GET"; HEAD comes as it
  std::string target;                               // as it came: path and query, percent-encoded
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string remote;                               // the client's address

  // The header's value, empty without one. Throws untrusted if it stands twice.
  [[nodiscard]] std::string header(const std::string& name) const;
};

struct ApiAnswer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<EventFeed> feed;  // instead of a body: what goes on
  std::filesystem::path file;       // instead of a body: a file, which may be large
};

// An error as problem details (RFC 9457), with a list of all mistakes where there may be several.
[[nodiscard]] ApiAnswer problem(int status, const std::string& detail,
                                const std::vector<std::string>& faults = {});

// What `decode` gives; nothing, and 400 in `refused`, for what it does not trust: that is the client's
// mistake.
template <typename Decode>
auto decoded(ApiAnswer& refused, const Decode& decode) -> std::optional<decltype(decode())> {
  try {
    return decode();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::untrusted) throw;
    refused = problem(400, error.what());
    return std::nullopt;
  }
}

struct Target {
  std::vector<std::string> path;             // its parts, decoded
  std::map<std::string, std::string> query;  // decoded
};

// Refuses what is no UTF-8 or has hidden characters, parts that are empty, "." or "..", parts with a slash,
// wrong percent-encoding, and keys that stand twice.
[[nodiscard]] Target parse_target(std::string_view target);

// Of the keys stream, app, after, before, below, limit; passes over others.
[[nodiscard]] EventQuery parse_event_query(const std::map<std::string, std::string>& query);

// A limit of a list: 1 to 1000, 100 without one.
[[nodiscard]] std::size_t parse_limit(const std::map<std::string, std::string>& query);

// {"verdict": "true" | "false" | "missed"}; a missed one has app, stream, start_time and end_time too.
[[nodiscard]] Verdict parse_verdict(std::string_view body);

// {"stream": .., "seconds": ..}
struct NewRecording {
  std::string stream;
  int seconds = 0;
};
[[nodiscard]] NewRecording parse_new_recording(std::string_view body);

// {"apps": {"APP": [[first, last], ..], ..}}: the frames in which an app is to find something, of `frames`.
[[nodiscard]] Labels parse_marks(std::string_view body, std::int64_t frames);

// {"app": ..}
[[nodiscard]] std::string parse_new_training(std::string_view body);

// The key `index`; 0 without it.
[[nodiscard]] std::int64_t parse_index(const std::map<std::string, std::string>& query);

[[nodiscard]] std::int64_t parse_last_event_id(std::string_view text);

}  // namespace mainstream
