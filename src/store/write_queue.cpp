#include "store/write_queue.hpp"

#include <algorithm>
#include <utility>

namespace mainstream {
namespace {

constexpr std::size_t kMaxPlans = 100;
// Of one transaction: a moment's work. Each picture is a file that has to reach the disk.
constexpr std::size_t kMaxRecords = 1000;
constexpr std::size_t kMaxPictures = 16;
constexpr std::chrono::seconds kLazy{1};

std::size_t batch_size(const std::vector<PendingEvent>& events) {
  std::size_t size = 0, pictures = 0;
  while (size < std::min(events.size(), kMaxRecords) && pictures < kMaxPictures) {
    pictures += events[size++].jpeg.empty() ? 0 : 1;
  }
  return size;
}

}  // namespace

bool WriteQueue::put(PendingEvent item) {
  const MutexLock lock(mutex_);
  if (!admit(item.event)) return false;
  if (jpeg_bytes_ + item.jpeg.size() > jpeg_limit_) {
    item.jpeg.clear();
    ++dropped_.snapshots;
  }
  jpeg_bytes_ += item.jpeg.size();
  batch_.events.push_back(std::move(item));
  added();
  return true;
}

bool WriteQueue::admit(const EventRecord& event) {
  const bool is_refused = refused_.contains(event.id);
  if (event.over()) {
    if (refused_.erase(event.id) > 0) return false;
    if (open_.erase(event.id) > 0 || has_room(1, places_)) return true;
    ++dropped_.events;  // an event in one record
    return false;
  }
  if (event.change == EventChange::begun) {
    if (has_room(2, places_)) {
      open_.insert(event.id);
      return true;
    }
    ++dropped_.events;
    refused_.insert(event.id);
    return false;
  }
  if (open_.contains(event.id) && has_room(1, places_ / 2)) return true;
  if (!is_refused) ++dropped_.updates;
  return false;
}

void WriteQueue::put(PlanRecord plan) {
  const MutexLock lock(mutex_);
  if (batch_.plans.size() >= kMaxPlans) batch_.plans.pop_front();
  batch_.plans.push_back(std::move(plan));
  added();
}

std::future<VerdictOutcome> WriteQueue::put(Verdict verdict) {
  const MutexLock lock(mutex_);
  batch_.verdicts.push_back({std::move(verdict), std::promise<VerdictOutcome>()});
  added();
  return batch_.verdicts.back().done.get_future();
}

void WriteQueue::add_to_counter(const std::string& name, std::int64_t by) {
  const MutexLock lock(mutex_);
  batch_.counters[name] += by;
  soon();
}

void WriteQueue::set_cursor(const std::string& sink, std::int64_t sequence) {
  const MutexLock lock(mutex_);
  batch_.cursors[sink] = sequence;
  soon();
}

void WriteQueue::soon() {
  ++put_;
  if (due_ != Time::max()) return;
  due_ = std::chrono::steady_clock::now() + kLazy;
  changed_.notify_all();
}

void WriteQueue::added() {
  ++put_;
  changed_.notify_all();
}

bool WriteQueue::is_due(Time now) const {
  return !batch_.events.empty() || !batch_.plans.empty() || !batch_.verdicts.empty() || due_ <= now;
}

Batch WriteQueue::take(Time until) {
  const MutexLock lock(mutex_);
  while (!closed_ && !is_due(std::chrono::steady_clock::now())) {
    if (std::chrono::steady_clock::now() >= until) return {};
    changed_.wait_until(mutex_, std::min(until, due_));
  }
  Batch batch = std::exchange(batch_, {});
  due_ = Time::max();
  const auto rest = batch.events.begin() + static_cast<std::ptrdiff_t>(batch_size(batch.events));
  batch_.events.assign(std::make_move_iterator(rest), std::make_move_iterator(batch.events.end()));
  batch.events.erase(rest, batch.events.end());
  taken_ = batch.events.size();
  if (batch_.events.empty()) taken_up_to_ = put_;
  if (batch.empty()) {  // all that was put were verdicts, and refused: nobody calls done()
    written_up_to_ = taken_up_to_;
    written_.notify_all();
  }
  return batch;
}

void WriteQueue::done(const Batch& batch) {
  const MutexLock lock(mutex_);
  for (const PendingEvent& item : batch.events) jpeg_bytes_ -= item.jpeg.size();
  taken_ = 0;
  written_up_to_ = taken_up_to_;
  written_.notify_all();
}

void WriteQueue::refuse_verdicts(const std::string& error) {
  const MutexLock lock(mutex_);
  for (PendingVerdict& item : batch_.verdicts) item.done.set_value({false, error});
  batch_.verdicts.clear();
}

void WriteQueue::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool WriteQueue::closed() const {
  const MutexLock lock(mutex_);
  return closed_;
}

void WriteQueue::sleep_until(Time until) {
  const MutexLock lock(mutex_);
  while (!closed_ && std::chrono::steady_clock::now() < until) changed_.wait_until(mutex_, until);
}

bool WriteQueue::wait_until_written(Time until) {
  const MutexLock lock(mutex_);
  const std::uint64_t wanted = put_;
  // Without this, counters and cursors alone would wait for their second.
  due_ = Time::min();
  changed_.notify_all();
  while (written_up_to_ < wanted) {
    if (std::chrono::steady_clock::now() >= until) return false;
    written_.wait_until(mutex_, until);
  }
  return true;
}

std::size_t WriteQueue::waiting() const {
  const MutexLock lock(mutex_);
  return batch_.events.size() + taken_;
}

WriteQueue::Dropped WriteQueue::dropped() const {
  const MutexLock lock(mutex_);
  return dropped_;
}

}  // namespace mainstream
