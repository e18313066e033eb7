// Helpers of the tests of stores and sinks.
#pragma once

#include <chrono>
#include <string>

#include "core/testing.hpp"
#include "mainstream/store.hpp"

namespace mainstream {

inline StoreOptions store_in(const std::filesystem::path& directory) {
  StoreOptions options;
  options.directory = directory;
  options.retry_every = std::chrono::milliseconds(20);
  options.tidy_every = std::chrono::hours(1);
  return options;
}

inline EventRecord record(const std::string& id, EventChange change, const std::string& app = "near-road") {
  EventRecord event;
  event.id = id;
  event.app = app;
  event.stream = "gate";
  event.frames = {10, change == EventChange::begun ? 12 : 30};
  event.start_time = WallTime(std::chrono::milliseconds(1715934600250));
  event.end_time = event.start_time + std::chrono::seconds(2);
  event.peak_score = 0.5;
  event.change = change;
  return event;
}

// Begins an event and ends it; returns its id.
inline std::string put_event(Store& store, const std::string& app = "near-road",
                             const std::string& jpeg = {}) {
  std::string id = store.new_event_id();
  EXPECT_TRUE(store.put(record(id, EventChange::begun, app)));
  EXPECT_TRUE(store.put(record(id, EventChange::ended, app), jpeg));
  return id;
}

inline std::string put_near_miss(Store& store, const std::string& app = "near-road",
                                 const std::string& jpeg = {}) {
  std::string id = store.new_event_id();
  EXPECT_TRUE(store.put(record(id, EventChange::nearly, app), jpeg));
  return id;
}

// "000001-00000001 new", one for each change.
inline std::vector<std::string> words_of(const std::vector<StoredEvent>& changes) {
  std::vector<std::string> words;
  for (const StoredEvent& change : changes) {
    words.push_back(change.event.id + " " + to_string(*change.event.change));
  }
  return words;
}

}  // namespace mainstream
