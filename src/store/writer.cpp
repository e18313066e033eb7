#include "store/writer.hpp"

#include <fmt/format.h>

#include "core/log.hpp"
#include "event/event_json.hpp"
#include "mainstream/error.hpp"
#include "store/retention.hpp"
#include "store/schema.hpp"

namespace mainstream {
namespace {

using Steady = std::chrono::steady_clock;

std::int64_t ms_of(WallTime time) {
  return time.time_since_epoch().count();
}

// Below, an empty database would be too much already.
constexpr std::uint64_t kLeastBytes = std::uint64_t{1} << 20;

StoreOptions checked(StoreOptions options) {
  if (options.max_bytes != 0 && options.max_bytes < kLeastBytes) {
    throw Error(ErrorKind::usage,
                fmt::format("store: expected max_bytes of 0 (no limit) or at least {}, got {}", kLeastBytes,
                            options.max_bytes));
  }
  if (options.max_waiting < 2) {
    throw Error(ErrorKind::usage,
                fmt::format("store: expected max_waiting of at least 2, got {}", options.max_waiting));
  }
  return options;
}

}  // namespace

Store::Writer::Writer(StoreOptions options)
    : options_(checked(std::move(options))),
      lock_(options_.directory),
      snapshots_(snapshots_in(options_.directory)),
      queue_(options_.max_waiting, options_.max_waiting_bytes) {
  open();
  begin_run();
  next_tidy_ = Steady::now() + options_.tidy_every;
  thread_ = std::thread([this] { run(); });
}

Store::Writer::~Writer() {
  queue_.close();
  thread_.join();
}

void Store::Writer::open() {
  database_.emplace(open_for_writing(database_in(options_.directory)));
}

void Store::Writer::begin_run() {
  Transaction transaction(*database_);
  const auto meta = [&](const char* key) -> std::optional<std::int64_t> {
    Statement value = database_->prepare("SELECT value FROM meta WHERE key = ?");
    if (!value.bind(1, key).step()) return std::nullopt;
    return value.integer(0);
  };
  run_ = meta("run").value_or(0) + 1;
  write_meta("run", run_);
  std::optional<AgeClock::Saved> saved;
  if (const auto age = meta("age_ms")) {
    saved = {AgeClock::Ms(*age), WallTime(AgeClock::Ms(meta("wall_ms").value_or(0)))};
  }
  age_.emplace(saved, wall_now(), Steady::now());
  // Added up again, as a power cut may have taken files that the database knows.
  database_->execute(
      "INSERT OR REPLACE INTO meta (key, value) SELECT 'snapshot_bytes', total(snapshot_bytes) FROM events");
  close_interrupted_events();
  transaction.commit();
  Statement known = database_->prepare("SELECT 1 FROM events WHERE id = ? AND snapshot_bytes > 0");
  snapshots_.remove_others([&](const std::string& id) {
    const bool found = known.bind(1, id).step();
    while (found && known.step()) {
    }
    return found;
  });
  const MutexLock lock(mutex_);
  last_sequence_ = database_->number("SELECT seq FROM sqlite_sequence WHERE name = 'changes'");
  bytes_ = used_bytes(*database_);
}

void Store::Writer::close_interrupted_events() {
  std::vector<EventRecord> events;
  Statement open = database_->prepare("SELECT record FROM events WHERE open ORDER BY number");
  while (open.step()) {
    events.push_back(parse_event_line(open.text(0), database_in(options_.directory).string()));
  }
  for (EventRecord& event : events) {
    event.change = EventChange::interrupted;
    write_event(event, 0);
  }
  if (!events.empty()) {
    module_log("store").warn("{} events were open when the node ended: closed as interrupted", events.size());
  }
}

void Store::Writer::run() {
  for (;;) {
    Batch batch = queue_.take(next_tidy_);
    if (!batch.empty()) write_until_done(batch);
    if (queue_.closed() && queue_.waiting() == 0) break;
    if (tidy_if_due()) works_again();
  }
  Batch rest = queue_.take(Steady::now());
  if (!rest.empty()) write_until_done(rest);
  if (lost_ == 0) return;
  module_log("store").error("{}: the disk does not work at the end: {} records of events are lost",
                            options_.directory.string(), lost_);
}

void Store::Writer::write_until_done(Batch& batch) {
  for (;;) {
    try {
      if (!database_) open();
      write(batch);
      works_again();
      queue_.done(batch);
      say_what_was_dropped();
      return;
    } catch (const Error& error) {
      failed(error, batch);
    }
    if (queue_.closed()) {
      lost_ += batch.events.size();
      queue_.done(batch);
      return;
    }
    // What is too old or too much may be what fills the disk.
    (void)tidy_if_due();
    queue_.sleep_until(Steady::now() + options_.retry_every);
  }
}

bool Store::Writer::tidy_if_due() {
  if (Steady::now() < next_tidy_) return false;
  bool done = false;
  try {
    tidy();
    done = true;
  } catch (const Error& error) {
    Batch none;
    failed(error, none);
  }
  next_tidy_ = Steady::now() + options_.tidy_every;
  return done;
}

void Store::Writer::write(Batch& batch) {
  // Before the transaction: a row must not tell of a file that is not there.
  for (PendingEvent& item : batch.events) {
    if (item.jpeg.empty() || item.jpeg_written) continue;
    snapshots_.write(item.event.id, item.jpeg);
    item.jpeg_written = true;
  }
  Transaction transaction(*database_);
  std::int64_t last = 0;
  for (const PendingEvent& item : batch.events) {
    if (const auto sequence = write_event(item.event, item.jpeg.size())) last = *sequence;
  }
  for (const PlanRecord& plan : batch.plans) write_plan(plan);
  Statement count = database_->prepare(
      "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value");
  for (const auto& [name, by] : batch.counters) count.bind(1, name).bind(2, by).run();
  Statement move = database_->prepare(
      "INSERT INTO cursors VALUES (?, ?) ON CONFLICT (sink) DO UPDATE SET sequence = excluded.sequence");
  for (const auto& [sink, sequence] : batch.cursors) move.bind(1, sink).bind(2, sequence).run();
  std::vector<bool> known;
  for (const PendingVerdict& item : batch.verdicts) known.push_back(write_verdict(item.verdict));
  const AgeClock::Saved now = age_->save(wall_now(), Steady::now());
  write_meta("age_ms", now.age.count());
  write_meta("wall_ms", ms_of(now.wall));
  transaction.commit();
  for (std::size_t i = 0; i < known.size(); ++i) batch.verdicts[i].done.set_value({known[i], ""});
  if (last == 0) return;
  const MutexLock lock(mutex_);
  last_sequence_ = last;
  committed_.notify_all();
}

std::optional<std::int64_t> Store::Writer::write_event(const EventRecord& event, std::size_t jpeg_bytes) {
  auto bytes = static_cast<std::int64_t>(jpeg_bytes);
  std::int64_t before = 0;
  Statement earlier = database_->prepare("SELECT snapshot_bytes FROM events WHERE id = ?");
  if (earlier.bind(1, event.id).step()) before = earlier.integer(0);
  if (bytes == 0) bytes = before;
  EventRecord stored = event;
  stored.snapshot = bytes > 0;
  stored.sequence = 0;  // the row's key tells it
  const std::string record = to_json_line(stored);
  const bool near_miss = event.change == EventChange::nearly;
  std::optional<std::int64_t> sequence;
  if (!near_miss) sequence = write_change(event.id, record);
  Statement row = database_->prepare(
      "INSERT INTO events (id, app, stream, start_ms, open, last_sequence, snapshot_bytes, record, "
      "near_miss_age_ms) "
      "VALUES (?, ?, ?, ?, ?, coalesce(?, (SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0), "
      "?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET open = excluded.open, last_sequence = excluded.last_sequence, "
      "snapshot_bytes = excluded.snapshot_bytes, record = excluded.record");
  row.bind(1, event.id).bind(2, event.app).bind(3, event.stream).bind(4, ms_of(event.start_time));
  row.bind(5, event.over() ? 0 : 1).bind(7, bytes).bind(8, record);
  if (sequence) row.bind(6, *sequence);
  if (near_miss) row.bind(9, age().count());
  row.run();
  if (bytes != before) {
    database_->prepare("UPDATE meta SET value = value + ? WHERE key = 'snapshot_bytes'")
        .bind(1, bytes - before)
        .run();
  }
  return sequence;
}

std::int64_t Store::Writer::write_change(const std::string& id, const std::string& record) {
  database_->prepare("INSERT INTO changes (id, age_ms, record) VALUES (?, ?, ?)")
      .bind(1, id)
      .bind(2, age().count())
      .bind(3, record)
      .run();
  return database_->last_id();
}

void Store::Writer::write_plan(const PlanRecord& plan) {
  database_
      ->prepare("INSERT INTO plans (run, plan, time_ms, age_ms, reason, schedule) VALUES (?, ?, ?, ?, ?, ?)")
      .bind(1, run_)
      .bind(2, plan.plan)
      .bind(3, ms_of(plan.time))
      .bind(4, age().count())
      .bind(5, plan.reason)
      .bind(6, plan.schedule)
      .run();
}

bool Store::Writer::write_verdict(const Verdict& given) {
  Verdict verdict = given;
  if (verdict.kind != Verdict::Kind::missed) {
    Statement found = database_->prepare("SELECT record FROM events WHERE id = ?");
    if (!found.bind(1, verdict.id).step()) return false;
    const EventRecord event = parse_event_line(found.text(0), database_in(options_.directory).string());
    verdict.app = event.app;
    verdict.stream = event.stream;
    verdict.start = event.start_time;
    verdict.end = event.end_time;
  }
  database_
      ->prepare(
          "INSERT OR REPLACE INTO verdicts (id, kind, given_ms, age_ms, app, stream, start_ms, end_ms) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(1, verdict.id)
      .bind(2, to_string(verdict.kind))
      .bind(3, ms_of(verdict.given))
      .bind(4, age().count())
      .bind(5, verdict.app)
      .bind(6, verdict.stream)
      .bind(7, ms_of(verdict.start))
      .bind(8, ms_of(verdict.end))
      .run();
  return true;
}

void Store::Writer::write_meta(const char* key, std::int64_t value) {
  database_->prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)")
      .bind(1, key)
      .bind(2, value)
      .run();
}

void Store::Writer::tidy() {
  if (!database_) open();
  const RetentionLimits limits{options_.max_age, options_.max_bytes};
  std::int64_t records = 0;
  for (;;) {
    Transaction transaction(*database_);
    const Removed removed = remove_some(*database_, limits, age());
    const AgeClock::Saved now = age_->save(wall_now(), Steady::now());
    write_meta("age_ms", now.age.count());
    write_meta("wall_ms", ms_of(now.wall));
    transaction.commit();
    for (const std::string& id : removed.snapshots) snapshots_.remove(id);
    records += removed.records;
    // Events come first: the rest is removed at the next look.
    if (removed.records == 0 || queue_.waiting() > 0) break;
  }
  if (records > 0) {
    shrink(*database_);
    module_log("store").info("removed {} records of events that were too old or too much", records);
  }
  const MutexLock lock(mutex_);
  bytes_ = used_bytes(*database_);
}

void Store::Writer::failed(const Error& error, Batch& batch) {
  // A connection that failed is not used again: its caches may hold what is not on the disk.
  database_.reset();
  for (PendingVerdict& item : batch.verdicts) item.done.set_value({false, error.what()});
  batch.verdicts.clear();
  queue_.refuse_verdicts(error.what());
  bool is_new = false;
  {
    const MutexLock lock(mutex_);
    is_new = error_.empty();
    error_ = error.what();
  }
  if (is_new) {
    module_log("store").error(
        "{}; events wait in memory, {} records at most, and are written when it works again", error.what(),
        options_.max_waiting);
  }
  if (!dropping_said_ && queue_.dropped() != dropped_said_) {
    dropping_said_ = true;
    module_log("store").error("{}: the memory for waiting events is full: what comes now is dropped",
                              options_.directory.string());
  }
}

void Store::Writer::works_again() {
  const MutexLock lock(mutex_);
  if (error_.empty()) return;
  module_log("store").warn("{}: can be written again", options_.directory.string());
  error_.clear();
}

// When the last of what waited is written, the episode is over.
void Store::Writer::say_what_was_dropped() {
  if (queue_.waiting() > 0) return;
  const WriteQueue::Dropped now = queue_.dropped();
  if (now == dropped_said_) return;
  const WriteQueue::Dropped before = std::exchange(dropped_said_, now);
  dropping_said_ = false;
  queue_.add_to_counter("events_dropped", static_cast<std::int64_t>(now.events - before.events));
  queue_.add_to_counter("event_updates_dropped", static_cast<std::int64_t>(now.updates - before.updates));
  queue_.add_to_counter("snapshots_dropped", static_cast<std::int64_t>(now.snapshots - before.snapshots));
  module_log("store").warn(
      "{}: was not fast enough: {} events, {} updates and {} snapshots were dropped; all others are written",
      options_.directory.string(), now.events - before.events, now.updates - before.updates,
      now.snapshots - before.snapshots);
}

std::string Store::Writer::new_event_id() {
  const MutexLock lock(mutex_);
  return fmt::format("{:06}-{:08}", run_, ++ids_);
}

bool Store::Writer::wait_past(std::int64_t sequence, WriteQueue::Time until, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    const MutexLock lock(mutex_);
    committed_.notify_all();
  });
  const MutexLock lock(mutex_);
  while (last_sequence_ <= sequence) {
    if (stop.stop_requested() || Steady::now() >= until) return false;
    committed_.wait_until(mutex_, until);
  }
  return true;
}

StoreState Store::Writer::state() const {
  const WriteQueue::Dropped dropped = queue_.dropped();
  StoreState state;
  state.waiting = queue_.waiting();
  state.dropped_events = dropped.events;
  state.dropped_updates = dropped.updates;
  state.dropped_snapshots = dropped.snapshots;
  const MutexLock lock(mutex_);
  state.last_sequence = last_sequence_;
  state.bytes = bytes_;
  state.error = error_;
  return state;
}

}  // namespace mainstream
