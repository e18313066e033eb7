#include <fmt/format.h>
#include <malloc.h>
#include <sys/wait.h>

#include <set>

#include "core/file.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

// What a process leaves that ends without closing its store.
template <typename Work>
void in_a_process_that_crashes(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
}

TEST(StoreTest, KeepsEachRecordOfAnEventInOrder) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  const std::string id = store.new_event_id();
  EXPECT_TRUE(store.put(record(id, EventChange::begun)));
  EXPECT_TRUE(store.put(record(id, EventChange::updated), "a picture"));
  EXPECT_TRUE(store.put(record(id, EventChange::ended)));
  ASSERT_TRUE(store.flush(within(kPatience)));
  EXPECT_EQ(store.state().last_sequence, 3);
  EXPECT_EQ(store.state().waiting, 0U);

  StoreReader reader(folder.path());
  const auto changes = reader.changes_after(0, 10);
  EXPECT_THAT(words_of(changes), testing::ElementsAre(id + " new", id + " update", id + " end"));
  EXPECT_EQ(changes[0].event.sequence, 1);
  EXPECT_EQ(changes[2].event.sequence, 3);
  EXPECT_FALSE(changes[0].before);
  EXPECT_EQ(changes[2].before->sequence, 2);
  EXPECT_FALSE(changes[0].event.snapshot);
  EXPECT_TRUE(changes[2].event.snapshot) << "the picture of the update is the event's";
  EXPECT_THAT(words_of(reader.changes_after(1, 1)), testing::ElementsAre(id + " update"));
  EXPECT_EQ(reader.event(id)->sequence, 3);
  EXPECT_EQ(reader.snapshot(id), "a picture");
  EXPECT_TRUE(reader.open_events().empty());
}

// Each client of live events has a reader.
TEST(StoreTest, AReaderOfMuchKeepsLittleInMemory) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  EventRecord large = record(store.new_event_id(), EventChange::warned);
  large.warning = std::string(3000, 'x');
  for (int i = 0; i < 1000; ++i) {
    large.id = store.new_event_id();
    EXPECT_TRUE(store.put(large));
  }
  ASSERT_TRUE(store.flush(within(20s)));
  const auto in_use = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const std::size_t before = in_use();
  StoreReader reader(folder.path());
  std::size_t read = 0;
  for (std::int64_t after = 0; after < 1000; after += 100) read += reader.changes_after(after, 100).size();
  EXPECT_EQ(read, 1000U);
  EXPECT_LT(in_use(), before + 600'000) << "of more than 3 MB";
}

TEST(StoreTest, WarningsComeWithTheChangesAndAreNoEvents) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  const std::string event = put_event(store);
  EventRecord warning = record(store.new_event_id(), EventChange::warned);
  warning.warning = "the camera has moved; turn it back";
  EXPECT_TRUE(store.put(warning));
  ASSERT_TRUE(store.flush(within(kPatience)));
  StoreReader reader(folder.path());
  const auto changes = reader.changes_after(0, 10);
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[2].event.change, EventChange::warned);
  EXPECT_EQ(changes[2].event.warning, warning.warning);
  EXPECT_TRUE(reader.open_events().empty());
  ASSERT_EQ(reader.events({}).size(), 1U);
  EXPECT_EQ(reader.events({})[0].id, event);
}

TEST(StoreTest, NearMissesAreNeitherEventsNorChanges) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  const std::string early = put_near_miss(store);
  const std::string event = put_event(store);
  const std::string near = put_near_miss(store, "near-road", "a picture");
  ASSERT_TRUE(store.flush(within(kPatience)));
  StoreReader reader(folder.path());
  EXPECT_THAT(words_of(reader.changes_after(0, 10)), testing::ElementsAre(event + " new", event + " end"));
  ASSERT_EQ(reader.events({}).size(), 1U);
  EXPECT_EQ(reader.events({})[0].id, event);
  const auto found = reader.events({.near_misses = true});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, near);
  EXPECT_EQ(found[1].id, early);
  EXPECT_EQ(found[0].change, EventChange::nearly);
  EXPECT_EQ(found[0].sequence, 0);
  EXPECT_EQ(reader.snapshot(near), "a picture");
  EXPECT_EQ(reader.last_sequence(), 2);
  EXPECT_TRUE(store.put(Verdict{.id = near, .kind = Verdict::Kind::right}));
  EXPECT_EQ(reader.verdict(near), Verdict::Kind::right);
}

TEST(StoreTest, IdsAndSequencesGoOnAfterARestart) {
  const TestFolder folder;
  std::vector<std::string> ids;
  for (int start = 0; start < 3; ++start) {
    Store store(store_in(folder.path()));
    ids.push_back(put_event(store));
    ids.push_back(put_event(store));
  }
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 6U);
  StoreReader reader(folder.path());
  const auto changes = reader.changes_after(0, 100);
  ASSERT_EQ(changes.size(), 12U);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(changes[i].event.sequence, static_cast<std::int64_t>(i + 1));
    EXPECT_EQ(changes[i].event.id, ids[i / 2]);
  }
}

TEST(StoreTest, EventsThatACrashLeftOpenAreClosedAsInterrupted) {
  const TestFolder folder;
  in_a_process_that_crashes([&] {
    Store store(store_in(folder.path()));
    put_event(store);
    store.put(record(store.new_event_id(), EventChange::begun));
    store.put(record(store.new_event_id(), EventChange::begun));
    if (!store.flush(within(kPatience))) ::_exit(1);
    ::_exit(0);
  });
  const Store store(store_in(folder.path()));
  StoreReader reader(folder.path());
  EXPECT_THAT(words_of(reader.changes_after(4, 10)),
              testing::ElementsAre("000001-00000002 interrupted", "000001-00000003 interrupted"));
  EXPECT_TRUE(reader.open_events().empty());
}

TEST(StoreTest, ASecondNodeIsRefusedAndToldWhoIsThere) {
  const TestFolder folder;
  {
    const Store store(store_in(folder.path()));
    EXPECT_ERROR(failed, Store(store_in(folder.path())),
                 fmt::format("{}: process {} uses this state directory", folder.path().string(), ::getpid()));
  }
  const Store next(store_in(folder.path()));
}

TEST(StoreTest, EventsAreFoundByStreamAppAndTime) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) {
    EventRecord event = record(store.new_event_id(), EventChange::ended, i % 2 == 0 ? "near-road" : "crowd");
    event.start_time = WallTime(std::chrono::seconds(100 * i));
    event.stream = i < 3 ? "gate" : "yard";
    ids.push_back(event.id);
    EXPECT_TRUE(store.put(event));
  }
  ASSERT_TRUE(store.flush(within(kPatience)));
  StoreReader reader(folder.path());
  const auto found = [&](const EventQuery& query) {
    std::vector<std::string> names;
    for (const EventRecord& event : reader.events(query)) names.push_back(event.id);
    return names;
  };
  EXPECT_THAT(found({}), testing::ElementsAre(ids[5], ids[4], ids[3], ids[2], ids[1], ids[0]));
  EXPECT_THAT(found({.stream = "gate", .app = "near-road"}), testing::ElementsAre(ids[2], ids[0]));
  EXPECT_THAT(found({.after = WallTime(100s), .before = WallTime(400s)}),
              testing::ElementsAre(ids[3], ids[2]));
  EXPECT_THAT(found({.below = ids[3], .limit = 2}), testing::ElementsAre(ids[2], ids[1]));
  EXPECT_FALSE(reader.event("nothing"));
  EXPECT_FALSE(reader.snapshot("../../etc/passwd"));
}

TEST(StoreTest, AClockThatJumpsChangesNoOrder) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  std::vector<std::string> expected;
  for (const auto time : {WallTime(1000s), WallTime(5s), WallTime(900'000s)}) {
    EventRecord event = record(store.new_event_id(), EventChange::ended);
    event.start_time = time;
    expected.push_back(event.id + " end");
    EXPECT_TRUE(store.put(event));
  }
  ASSERT_TRUE(store.flush(within(kPatience)));
  EXPECT_EQ(words_of(StoreReader(folder.path()).changes_after(0, 10)), expected);
}

TEST(StoreTest, KeepsPlansCountersAndCursors) {
  const TestFolder folder;
  for (int start = 1; start <= 2; ++start) {
    Store store(store_in(folder.path()));
    store.put(PlanRecord{.plan = 0, .time = WallTime(7s), .reason = "start", .schedule = "{}"});
    store.put(
        PlanRecord{.plan = 1, .time = WallTime(9s), .reason = "app added", .schedule = "{\"apps\":[]}"});
    store.add_to_counter("frames", 20);
    store.add_to_counter("frames", 3);
    store.set_cursor("mqtt", start * 10);
    store.set_cursor("mqtt", start * 10 + 1);
  }
  StoreReader reader(folder.path());
  const auto plans = reader.plans();
  ASSERT_EQ(plans.size(), 4U);
  EXPECT_EQ(plans[0].reason, "app added");
  EXPECT_EQ(plans[0].plan, 1);
  EXPECT_EQ(plans[0].run, 2);
  EXPECT_EQ(plans[0].time, WallTime(9s));
  EXPECT_EQ(plans[3].run, 1);
  EXPECT_EQ(reader.plans(1).size(), 1U);
  EXPECT_EQ(reader.counters().at("frames"), 46);
  EXPECT_EQ(reader.cursor("mqtt"), 21);
  EXPECT_FALSE(reader.cursor("webhook"));
}

TEST(StoreTest, CountersAndCursorsAreWrittenWithinASecondOrSo) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  store.set_cursor("mqtt", 4);
  StoreReader reader(folder.path());
  EXPECT_TRUE(soon([&] { return reader.cursor("mqtt") == 4; }));
}

TEST(StoreTest, KeepsVerdicts) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  const std::string id = put_event(store);
  EXPECT_TRUE(store.put(Verdict{.id = id, .kind = Verdict::Kind::right, .given = WallTime(5s)}));
  EXPECT_TRUE(store.put(Verdict{.id = id, .kind = Verdict::Kind::wrong, .given = WallTime(6s)}));
  EXPECT_TRUE(store.put(Verdict{.id = store.new_event_id(),
                                .kind = Verdict::Kind::missed,
                                .given = WallTime(7s),
                                .app = "crowd",
                                .stream = "yard",
                                .start = WallTime(1s),
                                .end = WallTime(2s)}));
  EXPECT_FALSE(store.put(Verdict{.id = "none", .kind = Verdict::Kind::right}));
  const auto verdicts = StoreReader(folder.path()).verdicts();
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_EQ(verdicts[0].kind, Verdict::Kind::wrong);
  EXPECT_EQ(verdicts[0].app, "near-road");
  EXPECT_EQ(verdicts[0].end - verdicts[0].start, 2s);
  EXPECT_EQ(verdicts[1].kind, Verdict::Kind::missed);
  EXPECT_EQ(verdicts[1].stream, "yard");
  EXPECT_EQ(StoreReader(folder.path()).verdict(id), Verdict::Kind::wrong);
  EXPECT_EQ(StoreReader(folder.path()).verdict("none"), std::nullopt);
}

TEST(StoreTest, WaitingEndsWithARecordATimeOrAStop) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  EXPECT_FALSE(store.wait_past(0, within(10ms), {}));
  put_event(store);
  EXPECT_TRUE(store.wait_past(0, within(kPatience), {}));
  std::jthread waiting([&](const std::stop_token& stop) {
    const auto end = within(20s);
    EXPECT_FALSE(store.wait_past(100, end, stop));
    EXPECT_LT(std::chrono::steady_clock::now(), end);
  });
  waiting.request_stop();
}

TEST(StoreTest, RefusesRecordsThatCannotBeKept) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  EXPECT_ERROR(usage, store.put(record("../x", EventChange::ended)), "got \"../x\"");
  EventRecord without = record("a", EventChange::ended);
  without.change.reset();
  EXPECT_ERROR(usage, store.put(without), "event a: expected a change");
  StoreOptions small = store_in(folder / "other");
  small.max_bytes = 1000;
  EXPECT_ERROR(usage, Store(small), "expected max_bytes of 0 (no limit) or at least 1048576, got 1000");
}

TEST(StoreTest, FilesOfNoEventAreRemovedAtTheStart) {
  const TestFolder folder;
  std::string id;
  {
    Store store(store_in(folder.path()));
    id = put_event(store, "near-road", "a picture");
  }
  write_file(folder / "snapshots/000001-00000099.jpg", "of an event that was not committed");
  write_file(folder / "snapshots/000001-00000001.jpg.7-0.tmp", "half a pic");
  const Store store(store_in(folder.path()));
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "snapshots")) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, testing::ElementsAre(id + ".jpg"));
}

TEST(StoreTest, AReaderNeedsADatabase) {
  const TestFolder folder;
  EXPECT_ERROR(unreadable, StoreReader(folder.path()), "node.db: cannot open");
}

}  // namespace
}  // namespace mainstream
