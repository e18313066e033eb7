#include "serve/event_feed.hpp"

#include <fmt/format.h>

#include "core/json.hpp"
#include "node/state_json.hpp"
#include "serve/answers.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kBatch = 100;
constexpr auto kWait = std::chrono::seconds(1);
constexpr auto kSilence = std::chrono::seconds(15);  // proxies cut a connection that is silent for longer

std::string message(std::int64_t sequence, const char* event, const Json& data) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", sequence, event, json_text(data));
}

}  // namespace

EventFeed::EventFeed(EventFeeds& feeds, Store& store, std::optional<std::int64_t> after, StreamScope scope)
    : feeds_(feeds),
      store_(store),
      reader_(store.directory()),
      scope_(std::move(scope)),
      said_(std::chrono::steady_clock::now()) {
  const std::int64_t last = reader_.last_sequence();
  sequence_ = after && *after <= last ? *after : last;
  ++feeds_.clients_;
}

EventFeed::~EventFeed() {
  --feeds_.clients_;
}

std::string EventFeed::next(const std::stop_token& stop) {
  const auto now = std::chrono::steady_clock::now();
  std::string text;
  const auto tell_gap = [&](std::int64_t next) {
    if (next == sequence_ + 1) return;
    text += message(next - 1, "lost", {{"after", sequence_}, {"before", next}});
    sequence_ = next - 1;
  };
  if (store_.wait_past(sequence_, now + kWait, stop)) {
    const std::int64_t last = store_.state().last_sequence;
    const std::vector<StoredEvent> changes = reader_.changes_after(sequence_, kBatch);
    if (changes.empty()) tell_gap(last + 1);
    for (const StoredEvent& change : changes) {
      const std::int64_t sequence = change.event.sequence;
      tell_gap(sequence);
      sequence_ = sequence;
      if (!scope_.has(change.event.stream)) continue;
      const Json before = change.before ? event_json(*change.before) : Json();
      text += message(sequence, to_string(*change.event.change),
                      {{"before", before}, {"after", event_json(change.event)}});
    }
  }
  if (text.empty() && now - said_ >= kSilence) text = ": still here\n\n";
  if (!text.empty()) said_ = now;
  return text;
}

std::shared_ptr<EventFeed> EventFeeds::open(std::optional<std::int64_t> after, StreamScope scope) {
  if (clients_ >= kMost) return nullptr;
  std::shared_ptr<EventFeed> feed(new EventFeed(*this, store_, after, std::move(scope)));
  return clients_ > kMost ? nullptr : feed;  // others came at the same time
}

}  // namespace mainstream
