#include "run/event_queue.hpp"

#include <utility>

#include "core/log.hpp"
#include "media/pixels.hpp"

namespace mainstream {
namespace {

// Some megabytes of events: hours of a busy node while a sink is away.
constexpr std::size_t kMostWaitingEvents = 10'000;
// Decoded pictures: some twenty of 1080p.
constexpr std::size_t kMostPictureBytes = std::size_t{64} << 20;
constexpr int kJpegQuality = 85, kLongestSide = 1280;

// A picture that cannot be encoded is no reason to lose the record.
std::string jpeg_of(const RaisedEvent& event) {
  if (!event.picture) return {};
  try {
    const std::vector<std::uint8_t> jpeg = encode_jpeg(*event.picture, kJpegQuality, kLongestSide);
    return {jpeg.begin(), jpeg.end()};
  } catch (const std::exception& error) {
    module_log("run").warn("event {} has no picture: {}", event.record.id, error.what());
    return {};
  }
}

}  // namespace

EventQueue::EventQueue(std::vector<EventSink> sinks, WhenFull when_full, AfterFailure after_failure)
    : sinks_(std::move(sinks)),
      after_failure_(after_failure),
      events_(kMostWaitingEvents, when_full),
      thread_([this] { hand_over(); }) {}

void EventQueue::push(RaisedEvent event) {
  if (after_failure_ == AfterFailure::stop) {
    if (const std::exception_ptr failure = first_failure()) std::rethrow_exception(failure);
  }
  std::size_t bytes = event.picture ? event.picture->bytes() : 0;
  if (bytes > 0 && events_.bytes() + bytes > kMostPictureBytes) {
    event.picture.reset();
    bytes = 0;
  }
  (void)events_.push(std::move(event), bytes);
}

void EventQueue::close() {
  events_.close();
  if (thread_.joinable()) thread_.join();
}

std::int64_t EventQueue::failures() const {
  const MutexLock lock(mutex_);
  return failures_;
}

std::exception_ptr EventQueue::first_failure() const {
  const MutexLock lock(mutex_);
  return first_failure_;
}

void EventQueue::hand_over() {
  while (const auto event = events_.pop()) {
    const std::string jpeg = jpeg_of(*event);
    for (const EventSink& sink : sinks_) {
      if (!hand_to(sink, event->record, jpeg) && after_failure_ == AfterFailure::stop) {
        events_.close();
        return;
      }
    }
  }
}

// Whether the sink took it.
bool EventQueue::hand_to(const EventSink& sink, const EventRecord& event, const std::string& jpeg) {
  try {
    sink(event, jpeg);
    return true;
  } catch (const std::exception& error) {
    if (after_failure_ == AfterFailure::go_on) {
      module_log("run").warn("event {} is lost to a sink: {}", event.id, error.what());
    }
    const MutexLock lock(mutex_);
    ++failures_;
    if (!first_failure_) first_failure_ = std::current_exception();
    return false;
  }
}

}  // namespace mainstream
