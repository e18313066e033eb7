// What a node remembers: events, plans, counters, verdicts and how far each sink has come, in a SQLite
// database in the node's state directory, with a JPEG of each event beside it. It is the truth: sinks
// deliver what is stored here, and nothing else.
//
// One thread of the store does all writing, so who puts something in never waits for the disk. What cannot be
// written yet (the disk is full, read-only or slow) waits in memory up to a limit; what is dropped then is
// counted, and said once. docs/formats.md has the tables and says what a crash or a power cut can lose.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mainstream/event.hpp"

namespace mainstream {

struct StoreOptions {
  std::filesystem::path directory;  // made if it is missing, for its owner alone; one store at a time uses it

  // What is older is removed, snapshots too; 0: never. It is counted in time that passed, whatever the clock
  // showed: a clock that jumps removes nothing.
  std::chrono::milliseconds max_age = std::chrono::hours(30 * 24);
  // The oldest is removed until database and snapshots need no more; 0: no limit. An event that is not over
  // stays.
  std::uint64_t max_bytes = std::uint64_t{4} << 30;

  // What may wait in memory for the disk: records of events, and bytes of their snapshots.
  std::size_t max_waiting = 10'000;
  std::size_t max_waiting_bytes = std::size_t{64} << 20;

  std::chrono::milliseconds retry_every{1'000};  // while the disk cannot be written
  std::chrono::milliseconds tidy_every{60'000};  // between two looks for what is too old or too much
};

// One record of an event, in the order of event.sequence.
struct StoredEvent {
  EventRecord event;  // with change and sequence
  // The record before this one of the same event; nothing for the first, or when it is no longer stored.
  std::optional<EventRecord> before;
};

// A plan in force from a moment on.
struct PlanRecord {
  int plan = 0;            // as in EventRecord, counted in each run of the node
  std::int64_t run = 0;    // which run of the node; set by the store
  WallTime time{};         // since when
  std::string reason{};    // "app added: near-road"
  std::string schedule{};  // JSON (docs/formats.md)
};

// What a person says of an event, or of a time at which one should have been.
struct Verdict {
  // In files and the API: true, false, missed. Of a near miss, true says that there was an event.
  enum class Kind { right, wrong, missed };
  std::string id{};  // the event's; of a missed one, a new id
  Kind kind = Kind::right;
  WallTime given{};
  // Of a missed event; else taken from the event.
  std::string app{}, stream{};
  WallTime start{}, end{};
};

[[nodiscard]] const char* to_string(Verdict::Kind kind) noexcept;

// Which events to read; all conditions must hold.
struct EventQuery {
  std::string stream{}, app{};                        // empty: all
  std::optional<std::vector<std::string>> streams{};  // only of these
  std::optional<WallTime> after{}, before{};          // of their start
  bool near_misses = false;
  std::string below{};  // only events that began before the one with this id: the next page
  std::size_t limit = 100;
};

// Reads what is stored, while a store writes or without one. One thread; each thread has its own.
// All members throw storage when the disk fails, and untrusted when the database is damaged.
class StoreReader {
 public:
  // Throws unreadable when the directory has no database, untrusted for one of a newer version.
  explicit StoreReader(const std::filesystem::path& directory);
  ~StoreReader();
  StoreReader(StoreReader&&) noexcept;

  // In order of sequence, at most `limit`. One that comes first and is not `sequence` + 1 tells that those
  // between were removed by age or size.
  [[nodiscard]] std::vector<StoredEvent> changes_after(std::int64_t sequence, std::size_t limit);

  // The newest first, without warnings; near misses only, or none.
  [[nodiscard]] std::vector<EventRecord> events(const EventQuery& query);
  [[nodiscard]] std::optional<EventRecord> event(const std::string& id);  // its last record
  [[nodiscard]] std::vector<EventRecord> open_events();  // that are not over, the oldest first
  [[nodiscard]] std::optional<std::string> snapshot(const std::string& id);  // JPEG
  [[nodiscard]] std::vector<Verdict> verdicts();                             // the oldest first
  [[nodiscard]] std::optional<Verdict::Kind> verdict(const std::string& id);
  // Of an event, or of a missed one that was told.
  [[nodiscard]] std::optional<std::string> stream_of(const std::string& id);
  [[nodiscard]] std::vector<PlanRecord> plans(std::size_t limit = 100);  // the newest first
  [[nodiscard]] std::map<std::string, std::int64_t> counters();
  [[nodiscard]] std::optional<std::int64_t> cursor(const std::string& sink);
  [[nodiscard]] std::map<std::string, std::int64_t> cursors();  // all of them, by sink
  [[nodiscard]] std::int64_t last_sequence();                   // 0: none yet

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct StoreState {
  std::int64_t last_sequence = 0;  // of what is written
  std::size_t waiting = 0;         // records of events in memory
  // Since the store was opened:
  std::uint64_t dropped_events = 0;     // whole events, for which there was no room
  std::uint64_t dropped_updates = 0;    // updates of events that were kept
  std::uint64_t dropped_snapshots = 0;  // of events that were kept
  std::uint64_t bytes = 0;              // what database and snapshots need
  std::string error;                    // why the disk cannot be written now; empty: it can
};

// Opens the state directory and writes. Thread-safe.
class Store {
 public:
  // Takes the directory's lock, brings an older database up to date, and closes the events that a crash left
  // open as interrupted. Throws failed when another process has the lock, naming it; storage when the
  // directory cannot be written; untrusted when the database is damaged or of a newer version.
  explicit Store(StoreOptions options);
  // Writes what waits, if the disk lets it, and says what is lost otherwise.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Unique in this state directory for ever, and ascending: "000012-00000345" is the 345th of the 12th start.
  [[nodiscard]] std::string new_event_id();

  // Takes a record of an event whose id is from new_event_id: first begun, then updates, then ended; or ended
  // alone; or a warning or a near miss. `jpeg`: the picture of its peak frame, if there is a better one than
  // before. Never waits for the disk. An event is stored whole or not at all: false when there was no room
  // for it, and for all that follows of it; also for an update that was dropped. Throws usage: no change, an
  // id that is no file name.
  bool put(EventRecord event, std::string jpeg = {});

  void put(PlanRecord plan);  // never waits; beyond 100 that wait the oldest is dropped
  void add_to_counter(const std::string& name, std::int64_t by);    // written within a second
  void set_cursor(const std::string& sink, std::int64_t sequence);  // written within a second

  // Waits until it is written; a later verdict on the same id replaces an earlier one. False when there is no
  // such event. Throws storage when the disk cannot be written now.
  [[nodiscard]] bool put(Verdict verdict);

  // Waits until a record beyond `sequence` is stored. False when `until` has come or a stop was asked for.
  [[nodiscard]] bool wait_past(std::int64_t sequence, std::chrono::steady_clock::time_point until,
                               const std::stop_token& stop);

  // Waits until all that was put so far is written. False when `until` has come.
  [[nodiscard]] bool flush(std::chrono::steady_clock::time_point until);

  [[nodiscard]] StoreState state() const;
  // The time that passed in the life of the directory, whatever the clock showed: max_age goes by it.
  [[nodiscard]] std::chrono::milliseconds age() const;
  [[nodiscard]] const std::filesystem::path& directory() const;

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

}  // namespace mainstream
