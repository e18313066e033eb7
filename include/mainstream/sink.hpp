// From a node's store to the outside: in order, at least once, each record with the event's id and its
// sequence, so a receiver can drop what it gets twice.
//
// Each sink has a thread (SinkRunner) and a place in the store (its cursor). One that is down, slow or wrong
// holds up neither the store nor another sink, and gets what it missed when it is back.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "mainstream/store.hpp"

namespace mainstream {

// What became of a batch.
struct Delivery {
  std::size_t delivered = 0;  // so many, from the first on, have arrived
  std::string error{};        // why the next one has not; empty: what is left may be given at once
  // The receiver will never take that one, as it is wrong in its eyes: after some attempts it is skipped.
  // Else the receiver is down or slow, and it is tried for ever.
  bool refused = false;
  // When to try again, if the receiver said so: it counts in place of the runner's pauses.
  std::optional<std::chrono::milliseconds> retry_after{};
};

// A place to deliver to. The runner's thread alone calls deliver.
class Sink {
 public:
  virtual ~Sink() = default;
  // `events` is not empty. Returns soon after a stop was asked for. What it throws counts as a failure.
  [[nodiscard]] virtual Delivery deliver(std::span<const StoredEvent> events,
                                         const std::stop_token& stop) = 0;
};

struct SinkRunnerOptions {
  std::string name;  // of its cursor and in messages; no two sinks of a node have the same
  std::size_t batch = 100;
  // Between attempts at a receiver that is down: doubled each time, less up to a half at random, so that
  // many nodes do not come back at once.
  std::chrono::milliseconds first_pause{500}, longest_pause{60'000};
  int attempts = 5;  // at a record that is refused
};

struct SinkState {
  std::string name;
  bool up = true;               // false from a failed attempt until one that works
  std::int64_t lag = 0;         // records that are stored and not delivered
  std::int64_t cursor = 0;      // sequence of the last record that is done with
  std::uint64_t delivered = 0;  // since the start, as all below
  std::uint64_t failures = 0;   // attempts that failed
  std::uint64_t skipped = 0;    // records that were refused too often
  std::uint64_t missed = 0;     // records that age or size had removed before they could be delivered
  std::string last_error;
  std::optional<WallTime> last_error_time;
};

// Delivers from the store to one sink, in a thread of its own. A sink whose name is new begins with what is
// stored from now on.
class SinkRunner {
 public:
  // `store` outlives it.
  SinkRunner(Store& store, std::unique_ptr<Sink> sink, SinkRunnerOptions options);
  // Asks the delivery in progress to end, and waits for it: up to a second where the receiver hangs.
  ~SinkRunner();
  SinkRunner(const SinkRunner&) = delete;
  SinkRunner& operator=(const SinkRunner&) = delete;

  [[nodiscard]] SinkState state() const;  // thread-safe

  // Asks it to end, without waiting: of several, all at once before the first is destroyed.
  void request_stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

// A file that gets a line of JSON for each record (docs/formats.md). A line that a crash cut is removed when
// the file is opened; a delivery has reached the disk when it counts. Beyond max_bytes or max_age the file
// becomes `path.1`, that becomes `path.2` and so on. A file that another program renamed is begun anew.
struct JsonLinesOptions {
  std::filesystem::path path;
  std::uint64_t max_bytes = std::uint64_t{64} << 20;  // 0: no limit
  std::chrono::milliseconds max_age{0};               // since the file was begun; 0: no limit
  int keep = 7;                                       // old files
};

// Throws usage: a path that is there and no regular file.
[[nodiscard]] std::unique_ptr<Sink> make_json_lines_sink(JsonLinesOptions options);

// The same lines to standard output. A reader that stalls is waited for; one that is gone is a failure.
[[nodiscard]] std::unique_ptr<Sink> make_stdout_sink();

// One POST for each record, its body the record as JSON. Headers: X-Mainstream-Event (new, update, end,
// interrupted, warning), X-Mainstream-Sequence, and with a secret X-Hub-Signature-256 (`sha256=` and the
// body's HMAC-SHA256 in hexadecimal, as GitHub's). 2xx is delivered; 408, 429, 5xx and no answer mean down (a
// Retry-After is obeyed, up to a day); all else is refused. Redirections are not followed.
struct WebhookOptions {
  std::string url;                    // http or https
  std::filesystem::path secret_file;  // its first line is the key of the signature; empty: no signature
  std::filesystem::path ca_file;      // certificates to trust; empty: the system's
  std::chrono::milliseconds timeout{10'000};  // of one request
};

// Throws usage: a url that is none; unreadable or untrusted: the secret's file.
[[nodiscard]] std::unique_ptr<Sink> make_webhook_sink(const WebhookOptions& options);

}  // namespace mainstream
