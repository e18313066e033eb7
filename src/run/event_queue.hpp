// Events on their way from the analysis to their sinks.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "core/bounded_queue.hpp"
#include "core/mutex.hpp"
#include "mainstream/event.hpp"
#include "run/analysis.hpp"

namespace mainstream {

// `jpeg` is the picture that came with the record; empty: none.
using EventSink = std::function<void(const EventRecord&, const std::string& jpeg)>;

// Hands each record to all sinks, in order, on a thread of its own, which also encodes the pictures. push()
// may be called from any thread.
class EventQueue {
 public:
  enum class AfterFailure {
    go_on,  // logs it; the other sinks get the event, and all sinks the next one
    stop,   // no sink gets anything more
  };
  // A full queue makes the analysis wait or drops its oldest event, as `when_full` says.
  EventQueue(std::vector<EventSink> sinks, WhenFull when_full, AfterFailure after_failure);
  ~EventQueue() { close(); }

  // Throws what a sink threw, after AfterFailure::stop. Where pictures that wait take too much memory, a
  // record comes without its own.
  void push(RaisedEvent event);
  // Takes no more events, and returns when the sinks have what was taken. Call it from one thread.
  void close();

  [[nodiscard]] std::int64_t dropped() const { return static_cast<std::int64_t>(events_.dropped()); }
  [[nodiscard]] std::int64_t failures() const;
  [[nodiscard]] std::exception_ptr first_failure() const;

 private:
  void hand_over();
  bool hand_to(const EventSink& sink, const EventRecord& event, const std::string& jpeg);

  const std::vector<EventSink> sinks_;
  const AfterFailure after_failure_;
  BoundedQueue<RaisedEvent> events_;

  mutable Mutex mutex_;
  std::int64_t failures_ GUARDED_BY(mutex_) = 0;
  std::exception_ptr first_failure_ GUARDED_BY(mutex_);

  std::jthread thread_;  // last, so that it ends first
};

}  // namespace mainstream
