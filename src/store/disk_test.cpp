// Disks that are full, read-only or hang.
#include <sys/mount.h>
#include <sys/wait.h>

#include <future>

#include "store/faulty_disk.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

constexpr uid_t kNobody = 65534;

// A file system of its own, as small as wanted.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size)
      : mounted_(::mount("none", folder_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  TestFolder folder_;
  bool mounted_;
};

void expect_all_stored(const std::filesystem::path& directory, std::size_t events) {
  StoreReader reader(directory);
  const auto changes = reader.changes_after(0, 100'000);
  EXPECT_EQ(changes.size(), 2 * events);
  std::int64_t sequence = 0;
  for (const StoredEvent& change : changes) EXPECT_EQ(change.event.sequence, ++sequence);
  EXPECT_EQ(reader.events({.limit = 100'000}).size(), events);
}

TEST(DiskTest, WhatAFullDiskRefusesIsWrittenWhenThereIsRoom) {
  const TestFolder folder;
  Store store(store_in(folder.path()));
  {
    const FullDisk full(200'000);
    for (int i = 0; i < 200; ++i) put_event(store, "near-road", i % 10 == 0 ? std::string(5000, 'x') : "");
    EXPECT_TRUE(soon([&] { return !store.state().error.empty(); }));
    EXPECT_FALSE(store.flush(within(100ms)));
    EXPECT_GT(store.state().waiting, 0U);
    EXPECT_ERROR(storage, store.put(Verdict{.id = "000001-00000001", .kind = Verdict::Kind::right}),
                 folder.path().string());
  }
  EXPECT_TRUE(store.flush(within(kPatience)));
  EXPECT_EQ(store.state().error, "");
  EXPECT_EQ(store.state().dropped_events, 0U);
  expect_all_stored(folder.path(), 200);
}

TEST(DiskTest, ARealFileSystemWithoutRoom) {
  const SmallDisk disk("600k");
  if (!disk.mounted()) GTEST_SKIP() << "needs the right to mount a file system";
  Store store(store_in(disk / "state"));
  std::FILE* ballast = std::fopen((disk / "ballast").c_str(), "w");
  while (std::fputs("................................................................", ballast) >= 0 &&
         std::fflush(ballast) == 0) {
  }
  std::fclose(ballast);
  for (int i = 0; i < 100; ++i) put_event(store);
  EXPECT_TRUE(soon([&] { return !store.state().error.empty(); }));
  EXPECT_THAT(store.state().error, testing::HasSubstr("the disk is full"));
  std::filesystem::remove(disk / "ballast");
  EXPECT_TRUE(store.flush(within(kPatience)));
  expect_all_stored(disk / "state", 100);
}

TEST(DiskTest, WhatDoesNotFitIntoMemoryIsCounted) {
  const TestFolder folder;
  FaultyDisk disk;
  StoreOptions options = store_in(folder.path());
  options.max_waiting = 20;
  {
    Store store(options);
    disk.write_error = SQLITE_FULL;
    int kept = 0;
    for (int i = 0; i < 15; ++i) {
      const std::string id = store.new_event_id();
      const bool whole = store.put(record(id, EventChange::begun));
      EXPECT_EQ(store.put(record(id, EventChange::ended)), whole);
      kept += whole ? 1 : 0;
    }
    EXPECT_EQ(kept, 10);
    EXPECT_EQ(store.state().dropped_events, 5U);
    disk.write_error = SQLITE_OK;
    EXPECT_TRUE(store.flush(within(kPatience)));
    expect_all_stored(folder.path(), 10);
  }
  EXPECT_EQ(StoreReader(folder.path()).counters().at("events_dropped"), 5);
}

TEST(DiskTest, ADiskThatBecomesReadOnlyAndIsGoodAgain) {
  const TestFolder folder;
  FaultyDisk disk;
  Store store(store_in(folder.path()));
  put_event(store);
  EXPECT_TRUE(store.flush(within(kPatience)));
  disk.write_error = SQLITE_READONLY;
  put_event(store);
  EXPECT_TRUE(soon([&] { return !store.state().error.empty(); }));
  EXPECT_THAT(store.state().error, testing::HasSubstr("read-only"));
  disk.write_error = SQLITE_IOERR_WRITE;
  std::this_thread::sleep_for(50ms);
  put_event(store);
  disk.write_error = SQLITE_OK;
  EXPECT_TRUE(store.flush(within(kPatience)));
  expect_all_stored(folder.path(), 3);
}

TEST(DiskTest, WhatIsTooOldGoesAlsoWhileTheDiskRefuses) {
  const TestFolder folder;
  StoreOptions options = store_in(folder.path());
  options.max_age = 2s;
  options.tidy_every = 20ms;
  options.retry_every = 100ms;
  Store store(options);
  for (int i = 0; i < 10; ++i) put_event(store);
  ASSERT_TRUE(store.flush(within(kPatience)));
  StoreReader reader(folder.path());
  {
    const FullDisk full(5 << 20);
    put_event(store, "near-road", std::string(6 << 20, 'x'));  // the picture does not fit
    EXPECT_TRUE(soon([&] { return !store.state().error.empty(); }));
    EXPECT_TRUE(soon([&] { return reader.changes_after(0, 1).empty(); }));
    EXPECT_FALSE(store.state().error.empty());
    EXPECT_GT(store.state().waiting, 0U);
  }
  EXPECT_TRUE(store.flush(within(kPatience)));
  EXPECT_EQ(reader.last_sequence(), 22);
}

TEST(DiskTest, AFolderThatMayNotBeWrittenIsAnErrorAtTheStart) {
  const TestFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  const pid_t child = ::fork();
  if (child == 0) {
    if (::getuid() == 0 && ::setuid(kNobody) != 0) ::_exit(9);
    try {
      const Store store(store_in(folder / "state"));
    } catch (const Error& error) {
      ::_exit(error.kind() == ErrorKind::storage &&
                      std::string(error.what()).find("cannot make the folder") != std::string::npos
                  ? 0
                  : 1);
    }
    ::_exit(2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
}

TEST(DiskTest, ADiskThatHangsHoldsNobodyUp) {
  const TestFolder folder;
  FaultyDisk disk;
  Store store(store_in(folder.path()));
  disk.hangs = true;
  put_event(store);
  EXPECT_TRUE(soon([&] { return disk.syncing > 0; }));
  auto putting = std::async(std::launch::async, [&] {
    for (int i = 1; i < 200; ++i) put_event(store, "near-road", i % 20 == 0 ? "a picture" : "");
  });
  EXPECT_EQ(putting.wait_for(kPatience), std::future_status::ready);
  EXPECT_GT(disk.syncing, 0) << "it hangs still";
  disk.hangs = false;
  putting.get();
  EXPECT_TRUE(store.flush(within(kPatience)));
  expect_all_stored(folder.path(), 200);
}

TEST(DiskTest, TheEndDoesNotWaitForADiskThatIsGone) {
  const TestFolder folder;
  FaultyDisk disk;
  {
    auto store = std::make_unique<Store>(store_in(folder.path()));
    put_event(*store);
    EXPECT_TRUE(store->flush(within(kPatience)));
    disk.write_error = SQLITE_IOERR_WRITE;
    for (int i = 0; i < 2000; ++i) put_event(*store);
    EXPECT_TRUE(soon([&] { return !store->state().error.empty(); }));
    const auto start = std::chrono::steady_clock::now();
    store.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  }
  disk.write_error = SQLITE_OK;
  const Store next(store_in(folder.path()));
  expect_all_stored(folder.path(), 1);
}

}  // namespace
}  // namespace mainstream
