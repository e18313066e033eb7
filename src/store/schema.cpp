#include "store/schema.hpp"

#include <fmt/format.h>

#include <array>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::int64_t kApplicationId = 0x4D737472;  // "Mstr": what `file` and SQLite's tools show

constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  app TEXT NOT NULL,
  stream TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  open INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  snapshot_bytes INTEGER NOT NULL,
  record TEXT NOT NULL
);
CREATE INDEX events_by_last_sequence ON events (last_sequence);
CREATE INDEX events_open ON events (number) WHERE open;
CREATE TABLE changes (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  age_ms INTEGER NOT NULL,
  record TEXT NOT NULL
);
CREATE INDEX changes_by_id ON changes (id, sequence);
CREATE TABLE plans (
  number INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  plan INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  age_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  schedule TEXT NOT NULL
);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE cursors (sink TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE verdicts (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  given_ms INTEGER NOT NULL,
  age_ms INTEGER NOT NULL,
  app TEXT NOT NULL,
  stream TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL
);
)sql";

// Near misses are kept among the events, but are no changes: sinks see nothing of them, not even a gap.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE events ADD COLUMN near_miss_age_ms INTEGER;
CREATE INDEX events_near_misses ON events (near_miss_age_ms) WHERE near_miss_age_ms IS NOT NULL;
)sql";

constexpr std::array kSteps = {kVersion1, kVersion2};

[[noreturn]] void refuse_newer(const std::string& place, std::int64_t version, std::size_t known) {
  throw Error(ErrorKind::untrusted,
              fmt::format("{}: expected a database of version 1 to {}, got {}; a newer program wrote it",
                          place, known, version));
}

}  // namespace

std::span<const char* const> schema_steps() {
  return kSteps;
}

void migrate(Database& database, std::span<const char* const> steps, const std::string& place) {
  const std::int64_t version = database.number("PRAGMA user_version");
  const bool is_new = version == 0 && database.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (!is_new && database.number("PRAGMA application_id") != kApplicationId) {
    throw Error(ErrorKind::untrusted, fmt::format("{}: the database belongs to another program", place));
  }
  if (version > static_cast<std::int64_t>(steps.size())) refuse_newer(place, version, steps.size());
  for (auto step = static_cast<std::size_t>(version); step < steps.size(); ++step) {
    Transaction transaction(database);
    database.execute(steps[step]);
    database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId));
    database.execute(fmt::format("PRAGMA user_version = {}", step + 1));
    transaction.commit();
  }
}

Database open_for_writing(const std::filesystem::path& path) {
  Database database(path, Database::Access::write);
  // Must come before the first table. It lets retention give space back bit by bit.
  database.execute("PRAGMA auto_vacuum = INCREMENTAL");
  database.execute("PRAGMA journal_mode = WAL");
  // FULL and not NORMAL: what a sink has delivered must not be undone by a power cut, or the same sequence
  // would later name another event. All that waits goes into one commit, so it costs one fsync.
  database.execute("PRAGMA synchronous = FULL");
  database.execute("PRAGMA journal_size_limit = 16777216");
  migrate(database, schema_steps(), path.string());
  return database;
}

Database open_for_reading(const std::filesystem::path& path) {
  Database database(path, Database::Access::read);
  const std::int64_t version = database.number("PRAGMA user_version");
  const auto known = static_cast<std::int64_t>(schema_steps().size());
  if (version > known) refuse_newer(path.string(), version, schema_steps().size());
  if (version < known) {
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: the database has version {}, expected {}; start the node once to bring it "
                            "up to date",
                            path.string(), version, known));
  }
  return database;
}

}  // namespace mainstream
