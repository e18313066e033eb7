#include "store/retention.hpp"

#include <algorithm>

namespace mainstream {
namespace {

constexpr std::int64_t kStep = 2000;  // changes per transaction: some ten milliseconds

// The last sequence of the oldest changes that must go; 0: none.
std::int64_t cutoff(Database& database, const RetentionLimits& limits, std::int64_t oldest_age) {
  std::int64_t last = 0;
  if (limits.max_age.count() > 0) {
    Statement old = database.prepare(
        "SELECT max(sequence) FROM (SELECT sequence, age_ms FROM changes ORDER BY sequence LIMIT ?) "
        "WHERE age_ms < ?");
    old.bind(1, kStep).bind(2, oldest_age);
    if (old.step()) last = old.integer(0);
  }
  const std::uint64_t used = limits.max_bytes == 0 ? 0 : used_bytes(database);
  if (used > limits.max_bytes) {
    // As large a share of the rows as has to go of the bytes.
    const std::int64_t all = database.number(  // sequences have no gaps
        "SELECT (SELECT max(sequence) FROM changes) - (SELECT min(sequence) FROM changes) + 1");
    const double share = 1.0 - static_cast<double>(limits.max_bytes) / static_cast<double>(used);
    const auto some =
        std::clamp<std::int64_t>(static_cast<std::int64_t>(share * static_cast<double>(all)), 1, kStep);
    Statement first = database.prepare(
        "SELECT max(sequence) FROM (SELECT sequence FROM changes ORDER BY sequence LIMIT ?)");
    if (first.bind(1, some).step()) last = std::max(last, first.integer(0));
  }
  return last;
}

// Deletes events for which `condition` holds of ?1, and notes their snapshots.
void remove_events(Database& database, const std::string& condition, std::int64_t value, Removed& removed) {
  std::int64_t bytes = 0;
  Statement pictured =
      database.prepare("SELECT id, snapshot_bytes FROM events WHERE snapshot_bytes > 0 AND " + condition);
  for (pictured.bind(1, value); pictured.step();) {
    removed.snapshots.push_back(pictured.text(0));
    bytes += pictured.integer(1);
  }
  database.prepare("DELETE FROM events WHERE " + condition).bind(1, value).run();
  database.prepare("UPDATE meta SET value = value - ? WHERE key = 'snapshot_bytes'").bind(1, bytes).run();
}

}  // namespace

std::uint64_t used_bytes(Database& database) {
  return static_cast<std::uint64_t>(
      (database.number("PRAGMA page_count") - database.number("PRAGMA freelist_count")) *
          database.number("PRAGMA page_size") +
      database.number("SELECT value FROM meta WHERE key = 'snapshot_bytes'"));
}

Removed remove_some(Database& database, const RetentionLimits& limits, std::chrono::milliseconds age_now) {
  const std::int64_t oldest_age = (age_now - limits.max_age).count();
  Removed removed;
  if (limits.max_age.count() > 0) {
    database.prepare("DELETE FROM plans WHERE age_ms < ? AND number < (SELECT max(number) FROM plans)")
        .bind(1, oldest_age)
        .run();
    database.prepare("DELETE FROM verdicts WHERE age_ms < ?").bind(1, oldest_age).run();
    remove_events(database, "near_miss_age_ms < ?1", oldest_age, removed);
  }
  const std::int64_t last = cutoff(database, limits, oldest_age);
  if (last == 0) return removed;
  remove_events(database, "last_sequence <= ?1 AND NOT open", last, removed);
  Statement changes = database.prepare("DELETE FROM changes WHERE sequence <= ?");
  changes.bind(1, last).run();
  removed.changes = database.number("SELECT changes()");
  return removed;
}

void shrink(Database& database) {
  database.execute("PRAGMA incremental_vacuum(2000)");
}

}  // namespace mainstream
