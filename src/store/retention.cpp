#include "store/retention.hpp"

#include <algorithm>
#include <limits>

namespace mainstream {
namespace {

constexpr std::int64_t kStep = 2000;  // rows per transaction: some ten milliseconds

// Of all bytes; 0: none is too much.
double share_too_much(Database& database, const RetentionLimits& limits) {
  if (limits.max_bytes == 0) return 0;
  return std::max(0.0,
                  1.0 - static_cast<double>(limits.max_bytes) / static_cast<double>(used_bytes(database)));
}

// As large a share of the rows as has to go of the bytes.
std::int64_t step_of(double share, std::int64_t rows) {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(share * static_cast<double>(rows)), 1, kStep);
}

// The last sequence of the oldest changes that must go; 0: none.
std::int64_t cutoff(Database& database, const RetentionLimits& limits, std::int64_t oldest_age,
                    double share) {
  std::int64_t last = 0;
  if (limits.max_age.count() > 0) {
    Statement old = database.prepare(
        "SELECT max(sequence) FROM (SELECT sequence, age_ms FROM changes ORDER BY sequence LIMIT ?) "
        "WHERE age_ms < ?");
    old.bind(1, kStep).bind(2, oldest_age);
    if (old.step()) last = old.integer(0);
  }
  if (share > 0) {
    const std::int64_t all = database.number(  // sequences have no gaps
        "SELECT (SELECT max(sequence) FROM changes) - (SELECT min(sequence) FROM changes) + 1");
    Statement first = database.prepare(
        "SELECT max(sequence) FROM (SELECT sequence FROM changes ORDER BY sequence LIMIT ?)");
    if (first.bind(1, step_of(share, all)).step()) last = std::max(last, first.integer(0));
  }
  return last;
}

// The last number of the oldest near misses that must go before any change, as they came before all; 0: none.
std::int64_t near_miss_cutoff(Database& database, double share) {
  const std::int64_t all = database.number("SELECT count(*) FROM events WHERE near_miss_age_ms IS NOT NULL");
  Statement first = database.prepare(
      "SELECT max(number) FROM (SELECT number FROM events WHERE near_miss_age_ms IS NOT NULL AND "
      "last_sequence < coalesce((SELECT min(sequence) FROM changes), ?2) "
      "ORDER BY last_sequence, number LIMIT ?1)");
  first.bind(1, step_of(share, all)).bind(2, std::numeric_limits<std::int64_t>::max());
  return first.step() ? first.integer(0) : 0;
}

// Deletes events for which `condition` holds of ?1, and notes their snapshots. Returns how many.
std::int64_t remove_events(Database& database, const std::string& condition, std::int64_t value,
                           Removed& removed) {
  std::int64_t bytes = 0;
  Statement pictured =
      database.prepare("SELECT id, snapshot_bytes FROM events WHERE snapshot_bytes > 0 AND " + condition);
  for (pictured.bind(1, value); pictured.step();) {
    removed.snapshots.push_back(pictured.text(0));
    bytes += pictured.integer(1);
  }
  database.prepare("DELETE FROM events WHERE " + condition).bind(1, value).run();
  const std::int64_t count = database.number("SELECT changes()");
  database.prepare("UPDATE meta SET value = value - ? WHERE key = 'snapshot_bytes'").bind(1, bytes).run();
  return count;
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
    removed.records += remove_events(database, "near_miss_age_ms < ?1", oldest_age, removed);
  }
  double share = share_too_much(database, limits);
  const std::int64_t near = share > 0 ? near_miss_cutoff(database, share) : 0;
  if (near > 0) {
    removed.records +=
        remove_events(database, "near_miss_age_ms IS NOT NULL AND number <= ?1", near, removed);
    share = 0;  // the next step sees what is too much still
  }
  const std::int64_t last = cutoff(database, limits, oldest_age, share);
  if (last == 0) return removed;
  remove_events(database, "last_sequence <= ?1 AND NOT open AND near_miss_age_ms IS NULL", last, removed);
  database.prepare("DELETE FROM changes WHERE sequence <= ?").bind(1, last).run();
  removed.records += database.number("SELECT changes()");
  return removed;
}

void shrink(Database& database) {
  database.execute("PRAGMA incremental_vacuum(2000)");
}

}  // namespace mainstream
