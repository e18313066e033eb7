#include "mainstream/store.hpp"

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "store/writer.hpp"

namespace mainstream {

const char* to_string(Verdict::Kind kind) noexcept {
  switch (kind) {
    case Verdict::Kind::right:
      return "true";
    case Verdict::Kind::wrong:
      return "false";
    case Verdict::Kind::missed:
      return "missed";
  }
  return "true";
}

Store::Store(StoreOptions options) : writer_(std::make_unique<Writer>(std::move(options))) {}

Store::~Store() = default;

std::string Store::new_event_id() {
  return writer_->new_event_id();
}

bool Store::put(EventRecord event, std::string jpeg) {
  if (!is_event_id(event.id)) {
    throw Error(ErrorKind::usage,
                "expected an event id of 1 to 64 letters, digits, - and _, got " + in_quotes(event.id));
  }
  if (!event.change) throw Error(ErrorKind::usage, "event " + event.id + ": expected a change, got none");
  return writer_->queue().put(PendingEvent{std::move(event), std::move(jpeg)});
}

void Store::put(PlanRecord plan) {
  writer_->queue().put(std::move(plan));
}

void Store::add_to_counter(const std::string& name, std::int64_t by) {
  writer_->queue().add_to_counter(name, by);
}

void Store::set_cursor(const std::string& sink, std::int64_t sequence) {
  writer_->queue().set_cursor(sink, sequence);
}

bool Store::put(Verdict verdict) {
  const VerdictOutcome outcome = writer_->queue().put(std::move(verdict)).get();
  if (!outcome.error.empty()) throw Error(ErrorKind::storage, outcome.error);
  return outcome.known;
}

bool Store::wait_past(std::int64_t sequence, std::chrono::steady_clock::time_point until,
                      const std::stop_token& stop) {
  return writer_->wait_past(sequence, until, stop);
}

bool Store::flush(std::chrono::steady_clock::time_point until) {
  return writer_->queue().wait_until_written(until);
}

StoreState Store::state() const {
  return writer_->state();
}

std::chrono::milliseconds Store::age() const {
  return writer_->age();
}

const std::filesystem::path& Store::directory() const {
  return writer_->directory();
}

}  // namespace mainstream
