// Live events as server-sent events (the HTML standard, "Server-sent events").
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "mainstream/store.hpp"
#include "serve/stream_scope.hpp"

namespace mainstream {

class EventFeeds;

// What one client gets. One thread.
class EventFeed {
 public:
  ~EventFeed();
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  // The text to send next; empty when a second has passed without news. Throws as StoreReader does.
  [[nodiscard]] std::string next(const std::stop_token& stop);

 private:
  friend class EventFeeds;
  EventFeed(EventFeeds& feeds, Store& store, std::optional<std::int64_t> after, StreamScope scope);

  EventFeeds& feeds_;
  Store& store_;
  StoreReader reader_;
  const StreamScope scope_;
  std::int64_t sequence_;
  std::chrono::steady_clock::time_point said_;  // when something was sent
};

// All clients; outlives their feeds. Thread-safe.
class EventFeeds {
 public:
  static constexpr int kMost = 16;

  explicit EventFeeds(Store& store) : store_(store) {}
  // Events of these streams, from the record behind `after` on; without it, or if it is ahead of the store,
  // from now on. Nothing when there are kMost clients.
  [[nodiscard]] std::shared_ptr<EventFeed> open(std::optional<std::int64_t> after, StreamScope scope = {});

 private:
  friend class EventFeed;
  Store& store_;
  std::atomic<int> clients_ = 0;
};

}  // namespace mainstream
