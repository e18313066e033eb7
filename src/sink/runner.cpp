// The one loop of all sinks: cursor, batches, pauses, refused records, and what an operator sees of it.
#include <fmt/format.h>

#include <limits>
#include <thread>

#include "core/backoff.hpp"
#include "core/log.hpp"
#include "core/mutex.hpp"
#include "core/stop.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/sink.hpp"

namespace mainstream {
namespace {

using SteadyClock = std::chrono::steady_clock;

SinkRunnerOptions checked_options(SinkRunnerOptions options) {
  if (options.name.empty()) throw Error(ErrorKind::usage, "sink: expected a name, got none");
  if (options.batch == 0 || options.attempts < 1) {
    throw Error(ErrorKind::usage,
                fmt::format("sink {}: expected a batch and attempts of at least 1, got {} and {}",
                            in_quotes(options.name), options.batch, options.attempts));
  }
  return options;
}

}  // namespace

class SinkRunner::State {
 public:
  State(Store& store, std::unique_ptr<Sink> sink, SinkRunnerOptions options)
      : options_(checked_options(std::move(options))),
        label_("sink " + in_quotes(options_.name)),
        store_(store),
        reader_(store.directory()),
        sink_(std::move(sink)),
        backoff_(options_.first_pause, options_.longest_pause) {
    if (const auto known = reader_.cursor(options_.name)) {
      cursor_ = *known;
    } else {
      cursor_ = reader_.last_sequence();
      store_.set_cursor(options_.name, cursor_);
    }
    seen_.name = options_.name;
    seen_.cursor = cursor_;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void request_stop() { thread_.request_stop(); }

  [[nodiscard]] SinkState state() const {
    const std::int64_t last = store_.state().last_sequence;
    const MutexLock lock(mutex_);
    SinkState state = seen_;
    state.lag = std::max<std::int64_t>(last - state.cursor, 0);
    return state;
  }

 private:
  void run(const std::stop_token& stop) {
    block_sigpipe();
    while (!stop.stop_requested()) {
      if (!store_.wait_past(cursor_, SteadyClock::now() + std::chrono::seconds(60), stop)) continue;
      std::vector<StoredEvent> events;
      Delivery delivery;
      try {
        const std::int64_t last = store_.state().last_sequence;
        events = reader_.changes_after(cursor_, options_.batch);
        if (events.empty()) {
          note_gap(last + 1);
          continue;
        }
        note_gap(events.front().event.sequence);
        delivery = sink_->deliver(events, stop);
      } catch (const std::exception& error) {
        delivery.error = error.what();
      }
      if (delivery.delivered > 0) advance(events[delivery.delivered - 1].event.sequence, delivery.delivered);
      // What a stop has cut off is no failure.
      if (!delivery.error.empty() && !stop.stop_requested()) failed(delivery, stop);
    }
  }

  void note_gap(std::int64_t first) {
    const std::int64_t missing = first - cursor_ - 1;
    if (missing <= 0) return;
    module_log("sink").warn("{}: {} records were removed by age or size before they could be delivered",
                            label_, missing);
    advance(first - 1, 0);
    const MutexLock lock(mutex_);
    seen_.missed += static_cast<std::uint64_t>(missing);
  }

  // The sink is done with all up to here.
  void advance(std::int64_t sequence, std::size_t delivered) {
    cursor_ = sequence;
    store_.set_cursor(options_.name, sequence);
    if (delivered > 0) {
      backoff_.reset();
      refusals_ = 0;
    }
    const MutexLock lock(mutex_);
    seen_.cursor = sequence;
    seen_.delivered += delivered;
    if (delivered == 0 || seen_.up) return;
    seen_.up = true;
    module_log("sink").info("{}: works again", label_);
  }

  void failed(const Delivery& delivery, const std::stop_token& stop) {
    note_failure(delivery.error);
    if (delivery.refused && ++refusals_ >= options_.attempts) {
      skip(delivery.error);
      return;
    }
    const Backoff::Duration pause = delivery.retry_after ? *delivery.retry_after : backoff_.next();
    // No record has so high a sequence: this waits for the time or the stop.
    (void)store_.wait_past(std::numeric_limits<std::int64_t>::max(), SteadyClock::now() + pause, stop);
  }

  void note_failure(const std::string& error) {
    const MutexLock lock(mutex_);
    ++seen_.failures;
    seen_.last_error = error;
    seen_.last_error_time = wall_now();
    if (!seen_.up) return;
    seen_.up = false;
    module_log("sink").warn("{}: {}; trying again until it works", label_, error);
  }

  void skip(const std::string& error) {
    module_log("sink").error("{}: skips the record with sequence {} after {} attempts: {}", label_,
                             cursor_ + 1, refusals_, error);
    refusals_ = 0;
    backoff_.reset();
    advance(cursor_ + 1, 0);
    store_.add_to_counter("sink_skipped/" + options_.name, 1);
    const MutexLock lock(mutex_);
    ++seen_.skipped;
  }

  const SinkRunnerOptions options_;
  const std::string label_;
  Store& store_;

  // Of the thread:
  StoreReader reader_;
  std::unique_ptr<Sink> sink_;
  Backoff backoff_;
  std::int64_t cursor_ = 0;
  int refusals_ = 0;

  mutable Mutex mutex_;
  SinkState seen_ GUARDED_BY(mutex_);
  std::jthread thread_;  // the last: it uses the others
};

SinkRunner::SinkRunner(Store& store, std::unique_ptr<Sink> sink, SinkRunnerOptions options)
    : state_(std::make_unique<State>(store, std::move(sink), std::move(options))) {}

SinkRunner::~SinkRunner() = default;

void SinkRunner::request_stop() {
  state_->request_stop();
}

SinkState SinkRunner::state() const {
  return state_->state();
}

}  // namespace mainstream
