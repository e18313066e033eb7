// The one thread that writes a store: all that waits becomes one transaction.
//
// When the disk refuses, what was taken is kept and tried again; new things wait in the queue meanwhile. Such
// a time is an episode: it is logged when it begins and, with what had to be dropped, when it is over.
#pragma once

#include <stop_token>
#include <thread>

#include "mainstream/error.hpp"
#include "store/age_clock.hpp"
#include "store/snapshots.hpp"
#include "store/sqlite.hpp"
#include "store/state_directory.hpp"
#include "store/write_queue.hpp"

namespace mainstream {

class Store::Writer {
 public:
  explicit Writer(StoreOptions options);
  ~Writer();

  [[nodiscard]] WriteQueue& queue() { return queue_; }
  [[nodiscard]] std::string new_event_id();
  [[nodiscard]] bool wait_past(std::int64_t sequence, WriteQueue::Time until, const std::stop_token& stop);
  [[nodiscard]] StoreState state() const;
  [[nodiscard]] AgeClock::Ms age() const { return age_->age(std::chrono::steady_clock::now()); }
  [[nodiscard]] const std::filesystem::path& directory() const { return options_.directory; }

 private:
  void open();
  void begin_run();
  void close_interrupted_events();
  void run();
  void write_until_done(Batch& batch);
  void write(Batch& batch);
  // The sequence of the change; nothing for a near miss, which is none.
  std::optional<std::int64_t> write_event(const EventRecord& event, std::size_t jpeg_bytes);
  std::int64_t write_change(const std::string& id, const std::string& record);
  void write_plan(const PlanRecord& plan);
  [[nodiscard]] bool write_verdict(const Verdict& verdict);
  void write_meta(const char* key, std::int64_t value);
  bool tidy_if_due();  // false: it was not, or the disk refuses
  void tidy();
  void failed(const Error& error, Batch& batch);
  void works_again();
  void say_what_was_dropped();

  const StoreOptions options_;
  const StateLock lock_;
  const Snapshots snapshots_;
  WriteQueue queue_;

  // Of the thread that writes, and before it starts of the one that opens:
  std::optional<Database> database_;
  std::optional<AgeClock> age_;  // set before the thread starts
  WriteQueue::Time next_tidy_;
  WriteQueue::Dropped dropped_said_;
  bool dropping_said_ = false;
  std::size_t lost_ = 0;  // records that the disk did not take at the end
  std::int64_t run_ = 0;  // written before the thread starts

  mutable Mutex mutex_;
  CondVar committed_;
  std::int64_t last_sequence_ GUARDED_BY(mutex_) = 0;
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;
  std::string error_ GUARDED_BY(mutex_);
  std::int64_t ids_ GUARDED_BY(mutex_) = 0;

  std::thread thread_;
};

}  // namespace mainstream
