// What waits in memory to be written: it takes from any thread without waiting, within limits, and gives to
// the one thread that writes.
//
// An event is taken whole or not at all. Its first record reserves the place of its last one, so an event
// that was begun can always be ended; updates get what is left of one half of the places.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/mutex.hpp"
#include "mainstream/store.hpp"

namespace mainstream {

struct PendingEvent {
  EventRecord event;
  std::string jpeg;           // empty: no new picture
  bool jpeg_written = false;  // the writer's mark, for when it has to try again
};

struct VerdictOutcome {
  bool known = false;  // there is such an event
  std::string error;   // why the disk did not take it; it can be given again
};

struct PendingVerdict {
  Verdict verdict;
  std::promise<VerdictOutcome> done;
};

// What is written in one transaction.
struct Batch {
  std::vector<PendingEvent> events;
  std::deque<PlanRecord> plans;
  std::vector<PendingVerdict> verdicts;
  std::map<std::string, std::int64_t> counters;  // what to add
  std::map<std::string, std::int64_t> cursors;

  [[nodiscard]] bool empty() const {
    return events.empty() && plans.empty() && verdicts.empty() && counters.empty() && cursors.empty();
  }
};

class WriteQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Dropped {
    std::uint64_t events = 0, updates = 0, snapshots = 0;
    bool operator==(const Dropped&) const = default;
  };

  // Places for records of events, and bytes for their snapshots.
  WriteQueue(std::size_t places, std::size_t jpeg_bytes) : places_(places), jpeg_limit_(jpeg_bytes) {}

  bool put(PendingEvent item);  // as Store::put
  void put(PlanRecord plan);
  [[nodiscard]] std::future<VerdictOutcome> put(Verdict verdict);
  void add_to_counter(const std::string& name, std::int64_t by);
  void set_cursor(const std::string& sink, std::int64_t sequence);

  // Waits until there is something to write, `until` has come, or the queue is closed. Counters and cursors
  // alone may wait for a second. What is taken still fills its places, until done().
  [[nodiscard]] Batch take(Time until);
  void done(const Batch& batch);  // written

  void refuse_verdicts(const std::string& error);  // those who wait for them get it

  // No more waiting in take(), and what it gives next is the last.
  void close();
  [[nodiscard]] bool closed() const;
  // Sleeps, but not beyond close().
  void sleep_until(Time until);

  // Waits until all that was put before is written; false when `until` has come.
  [[nodiscard]] bool wait_until_written(Time until);

  [[nodiscard]] std::size_t waiting() const;  // records of events
  [[nodiscard]] Dropped dropped() const;

 private:
  [[nodiscard]] bool has_room(std::size_t wanted, std::size_t limit) const REQUIRES(mutex_) {
    return batch_.events.size() + taken_ + open_.size() + wanted <= limit;
  }
  bool admit(const EventRecord& event) REQUIRES(mutex_);
  bool is_due(Time now) const REQUIRES(mutex_);
  void soon() REQUIRES(mutex_);
  void added() REQUIRES(mutex_);

  const std::size_t places_, jpeg_limit_;

  mutable Mutex mutex_;
  CondVar changed_, written_;
  Batch batch_ GUARDED_BY(mutex_);
  std::size_t taken_ GUARDED_BY(mutex_) = 0;          // records in the writer's hands
  std::size_t jpeg_bytes_ GUARDED_BY(mutex_) = 0;     // of all that waits, there too
  std::set<std::string> open_ GUARDED_BY(mutex_);     // begun, each with a place for its end
  std::set<std::string> refused_ GUARDED_BY(mutex_);  // dropped when they began, and not over yet
  Time due_ GUARDED_BY(mutex_) = Time::max();         // when counters and cursors must be written
  std::uint64_t put_ GUARDED_BY(mutex_) = 0, written_up_to_ GUARDED_BY(mutex_) = 0;
  std::uint64_t taken_up_to_ GUARDED_BY(mutex_) = 0;
  Dropped dropped_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace mainstream
