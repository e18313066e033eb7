// Reading what is stored, on a connection of its own: in WAL mode it sees a whole state and holds nobody up.
#include <fmt/format.h>

#include <limits>

#include "core/json.hpp"
#include "event/event_json.hpp"
#include "mainstream/error.hpp"
#include "mainstream/store.hpp"
#include "store/schema.hpp"
#include "store/snapshots.hpp"
#include "store/state_directory.hpp"

namespace mainstream {
namespace {

constexpr std::int64_t kMinMs = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMaxMs = std::numeric_limits<std::int64_t>::max();

WallTime time_of(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

Verdict::Kind kind_of(const std::string& word) {
  for (const auto kind : {Verdict::Kind::right, Verdict::Kind::wrong}) {
    if (word == to_string(kind)) return kind;
  }
  return Verdict::Kind::missed;
}

}  // namespace

struct StoreReader::State {
  explicit State(const std::filesystem::path& directory)
      : place(database_in(directory).string()),
        database(open_for_reading(database_in(directory))),
        snapshots(snapshots_in(directory)) {}

  // The row's columns are: sequence, record.
  [[nodiscard]] EventRecord event_at(const Statement& row, int column) const {
    EventRecord event = parse_event_line(row.text(column + 1), place);
    if (event.change != EventChange::nearly) event.sequence = row.integer(column);
    return event;
  }

  const std::string place;
  Database database;
  const Snapshots snapshots;
};

StoreReader::StoreReader(const std::filesystem::path& directory)
    : state_(std::make_unique<State>(directory)) {}

StoreReader::~StoreReader() = default;
StoreReader::StoreReader(StoreReader&&) noexcept = default;

std::vector<StoredEvent> StoreReader::changes_after(std::int64_t sequence, std::size_t limit) {
  Statement rows = state_->database.prepare(
      "SELECT c.sequence, c.record, b.sequence, b.record FROM changes c LEFT JOIN changes b ON b.sequence = "
      "(SELECT max(sequence) FROM changes WHERE id = c.id AND sequence < c.sequence) "
      "WHERE c.sequence > ? ORDER BY c.sequence LIMIT ?");
  rows.bind(1, sequence).bind(2, static_cast<std::int64_t>(limit));
  std::vector<StoredEvent> changes;
  while (rows.step()) {
    StoredEvent change{state_->event_at(rows, 0), std::nullopt};
    if (!rows.is_null(2)) change.before = state_->event_at(rows, 2);
    changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<EventRecord> StoreReader::events(const EventQuery& query) {
  Statement rows = state_->database.prepare(
      "SELECT last_sequence, record FROM events WHERE (?1 = '' OR stream = ?1) AND (?2 = '' OR app = ?2) "
      "AND start_ms > ?3 AND start_ms < ?4 AND json_extract(record, '$.type') IS NOT 'warning' "
      "AND (?7 IS NULL OR stream IN (SELECT value FROM json_each(?7))) "
      "AND (near_miss_age_ms IS NOT NULL) = ?8 "
      "AND (?5 = '' OR number < (SELECT number FROM events WHERE id = ?5)) ORDER BY number DESC LIMIT ?6");
  const auto ms = [](const std::optional<WallTime>& time, std::int64_t none) {
    return time ? time->time_since_epoch().count() : none;
  };
  rows.bind(1, query.stream).bind(2, query.app).bind(3, ms(query.after, kMinMs));
  rows.bind(4, ms(query.before, kMaxMs)).bind(5, query.below).bind(6, static_cast<std::int64_t>(query.limit));
  if (query.streams) rows.bind(7, json_text(*query.streams));
  rows.bind(8, static_cast<std::int64_t>(query.near_misses));
  std::vector<EventRecord> events;
  while (rows.step()) events.push_back(state_->event_at(rows, 0));
  return events;
}

std::optional<EventRecord> StoreReader::event(const std::string& id) {
  Statement row = state_->database.prepare("SELECT last_sequence, record FROM events WHERE id = ?");
  if (!row.bind(1, id).step()) return std::nullopt;
  return state_->event_at(row, 0);
}

std::vector<EventRecord> StoreReader::open_events() {
  Statement rows =
      state_->database.prepare("SELECT last_sequence, record FROM events WHERE open ORDER BY number");
  std::vector<EventRecord> events;
  while (rows.step()) events.push_back(state_->event_at(rows, 0));
  return events;
}

std::optional<std::string> StoreReader::snapshot(const std::string& id) {
  // An id from outside names a file only if the database knows it.
  Statement row = state_->database.prepare("SELECT 1 FROM events WHERE id = ? AND snapshot_bytes > 0");
  if (!is_event_id(id) || !row.bind(1, id).step()) return std::nullopt;
  return state_->snapshots.read(id);
}

std::vector<Verdict> StoreReader::verdicts() {
  Statement rows = state_->database.prepare(
      "SELECT id, kind, given_ms, app, stream, start_ms, end_ms FROM verdicts ORDER BY number");
  std::vector<Verdict> verdicts;
  while (rows.step()) {
    verdicts.push_back({rows.text(0), kind_of(rows.text(1)), time_of(rows.integer(2)), rows.text(3),
                        rows.text(4), time_of(rows.integer(5)), time_of(rows.integer(6))});
  }
  return verdicts;
}

std::optional<Verdict::Kind> StoreReader::verdict(const std::string& id) {
  Statement row = state_->database.prepare("SELECT kind FROM verdicts WHERE id = ?");
  if (!row.bind(1, id).step()) return std::nullopt;
  return kind_of(row.text(0));
}

std::optional<std::string> StoreReader::stream_of(const std::string& id) {
  Statement row = state_->database.prepare(
      "SELECT stream FROM events WHERE id = ?1 UNION ALL SELECT stream FROM verdicts WHERE id = ?1");
  if (!row.bind(1, id).step()) return std::nullopt;
  return row.text(0);
}

std::vector<PlanRecord> StoreReader::plans(std::size_t limit) {
  Statement rows = state_->database.prepare(
      "SELECT plan, run, time_ms, reason, schedule FROM plans ORDER BY number DESC LIMIT ?");
  rows.bind(1, static_cast<std::int64_t>(limit));
  std::vector<PlanRecord> plans;
  while (rows.step()) {
    plans.push_back({static_cast<int>(rows.integer(0)), rows.integer(1), time_of(rows.integer(2)),
                     rows.text(3), rows.text(4)});
  }
  return plans;
}

std::map<std::string, std::int64_t> StoreReader::counters() {
  Statement rows = state_->database.prepare("SELECT name, value FROM counters");
  std::map<std::string, std::int64_t> counters;
  while (rows.step()) counters[rows.text(0)] = rows.integer(1);
  return counters;
}

std::optional<std::int64_t> StoreReader::cursor(const std::string& sink) {
  Statement row = state_->database.prepare("SELECT sequence FROM cursors WHERE sink = ?");
  if (!row.bind(1, sink).step()) return std::nullopt;
  return row.integer(0);
}

std::map<std::string, std::int64_t> StoreReader::cursors() {
  Statement rows = state_->database.prepare("SELECT sink, sequence FROM cursors");
  std::map<std::string, std::int64_t> cursors;
  while (rows.step()) cursors[rows.text(0)] = rows.integer(1);
  return cursors;
}

std::int64_t StoreReader::last_sequence() {
  return state_->database.number("SELECT seq FROM sqlite_sequence WHERE name = 'changes'");
}

}  // namespace mainstream
