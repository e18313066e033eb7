#include "store/retention.hpp"

#include "store/state_directory.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

TEST(RetentionTest, WhatIsTooOldIsRemovedWithItsSnapshots) {
  const TestFolder folder;
  StoreOptions options = store_in(folder.path());
  options.max_age = 600ms;
  options.tidy_every = 20ms;
  Store store(options);
  store.put(PlanRecord{.plan = 0, .reason = "old"});
  store.put(PlanRecord{.plan = 1, .reason = "in force"});
  const std::string open = store.new_event_id();
  EXPECT_TRUE(store.put(record(open, EventChange::begun)));
  for (int i = 0; i < 16; ++i) put_event(store, "near-road", "a picture");
  ASSERT_TRUE(store.flush(within(kPatience)));
  StoreReader reader(folder.path());
  EXPECT_TRUE(soon([&] { return reader.changes_after(0, 1000).empty(); }));
  ASSERT_EQ(reader.events({.limit = 1000}).size(), 1U) << "an event that is not over stays";
  EXPECT_EQ(reader.events({})[0].id, open);
  EXPECT_TRUE(soon([&] { return files_in(folder / "snapshots") == 0; }));
  ASSERT_EQ(reader.plans().size(), 1U);
  EXPECT_EQ(reader.plans()[0].reason, "in force");
  // What comes next goes on from the last sequence.
  EXPECT_TRUE(store.put(record(open, EventChange::ended)));
  ASSERT_TRUE(store.flush(within(kPatience)));
  EXPECT_EQ(reader.last_sequence(), 34);
}

TEST(RetentionTest, NearMissesGoByTheirAgeAlone) {
  const TestFolder folder;
  StoreOptions options = store_in(folder.path());
  options.max_age = 600ms;
  options.tidy_every = 20ms;
  Store store(options);
  put_near_miss(store, "near-road", "a picture");  // nothing else happens for long
  ASSERT_TRUE(store.flush(within(kPatience)));
  StoreReader reader(folder.path());
  EXPECT_TRUE(soon([&] { return reader.events({.near_misses = true}).empty(); }));
  EXPECT_TRUE(soon([&] { return files_in(folder / "snapshots") == 0; }));
}

TEST(RetentionTest, TheOldestIsRemovedUntilTheRestFits) {
  const TestFolder folder;
  StoreOptions options = store_in(folder.path());
  std::uint64_t before = 0;
  {
    Store store(options);
    for (int i = 0; i < 3000; ++i)
      put_event(store, "near-road", i % 100 == 0 ? std::string(20'000, 'x') : "");
    ASSERT_TRUE(store.flush(within(kPatience)));
  }
  before = std::filesystem::file_size(folder / "node.db");
  options.max_bytes = 2 << 20;
  options.tidy_every = 10ms;
  Store store(options);
  EXPECT_TRUE(soon([&] { return store.state().bytes <= options.max_bytes; }));
  StoreReader reader(folder.path());
  const auto events = reader.events({.limit = 10'000});
  EXPECT_LT(events.size(), 2900U);
  EXPECT_GT(events.size(), 500U) << "no more is removed than needed";
  EXPECT_EQ(events.front().id, "000001-00003000");
  EXPECT_EQ(reader.changes_after(0, 1).front().event.id, events.back().id);
  std::size_t snapshots = 0;
  for (const EventRecord& event : events) snapshots += event.snapshot ? 1 : 0;
  EXPECT_TRUE(soon([&] { return files_in(folder / "snapshots") == snapshots; }));
  put_event(store);  // a checkpoint takes the shorter file over
  EXPECT_TRUE(store.flush(within(kPatience)));
  EXPECT_LT(std::filesystem::file_size(folder / "node.db"), before + (1 << 20));
}

// With an event before them, after them, or without any.
TEST(RetentionTest, NearMissesAndEventsGoBySizeTheOldestFirst) {
  for (const std::string when : {"before", "after", "never"}) {
    SCOPED_TRACE(when);
    const TestFolder folder;
    StoreOptions options = store_in(folder.path());
    std::string last;
    {
      Store store(options);
      if (when == "before") put_event(store);
      for (int i = 0; i < 150; ++i) last = put_near_miss(store, "near-road", std::string(40'000, 'x'));
      if (when == "after") put_event(store);
    }
    options.max_age = 0ms;
    options.max_bytes = 2 << 20;
    options.tidy_every = 10ms;
    const Store store(options);
    EXPECT_TRUE(soon([&] { return store.state().bytes <= options.max_bytes; }));
    StoreReader reader(folder.path());
    const auto near_misses = reader.events({.near_misses = true, .limit = 1000});
    ASSERT_GT(near_misses.size(), 25U) << "no more is removed than needed";
    EXPECT_EQ(near_misses.front().id, last) << "the oldest go first";
    EXPECT_EQ(reader.events({}).size(), when == "after" ? 1U : 0U);
    EXPECT_TRUE(soon([&] { return files_in(folder / "snapshots") == near_misses.size(); }));
  }
}

TEST(RetentionTest, FreePagesGoBackToTheFileSystem) {
  const TestFolder folder;
  std::uint64_t full = 0;
  {
    Store store(store_in(folder.path()));
    for (int i = 0; i < 2000; ++i) put_event(store);
  }
  full = std::filesystem::file_size(folder / "node.db");
  {
    StoreOptions options = store_in(folder.path());
    options.max_age = 1ms;
    options.tidy_every = 1ms;
    Store store(options);
    StoreReader reader(folder.path());
    EXPECT_TRUE(soon([&] { return reader.changes_after(0, 1).empty(); }));
  }
  EXPECT_LT(std::filesystem::file_size(folder / "node.db"), full / 2);
}

}  // namespace
}  // namespace mainstream
