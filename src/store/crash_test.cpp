// kill -9 while events are written: nothing that was committed is lost, and the database opens by itself.
//   MAINSTREAM_KILLS=50 build/dev/bin/store_test --gtest_filter='Crash*'
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>

#include <csignal>
#include <random>

#include "store/sqlite.hpp"
#include "store/state_directory.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

// Writes events until it is killed, and tells through the pipe how many records are committed.
[[noreturn]] void write_events(const std::filesystem::path& directory, int pipe) {
  try {
    Store store(store_in(directory));
    for (;;) {
      put_event(store, "near-road", "a picture");
      store.put(record(store.new_event_id(), EventChange::begun));  // stays open
      if (!store.flush(within(kPatience))) ::_exit(1);
      const std::int64_t committed = store.state().last_sequence;
      if (::write(pipe, &committed, sizeof committed) != sizeof committed) ::_exit(2);
    }
  } catch (...) {
    ::_exit(3);
  }
}

// The last number that came through; `so_far` when none came.
std::int64_t last_told(int pipe, std::int64_t so_far) {
  std::int64_t told = so_far, next = 0;
  while (::read(pipe, &next, sizeof next) == sizeof next) told = next;
  return told;
}

void expect_whole(const std::filesystem::path& directory, std::int64_t committed) {
  const Store store(store_in(directory));
  StoreReader reader(directory);
  const auto changes = reader.changes_after(0, 1'000'000);
  ASSERT_GE(static_cast<std::int64_t>(changes.size()), committed) << "committed records are lost";
  std::int64_t sequence = 0;
  for (const StoredEvent& change : changes) {
    ASSERT_EQ(change.event.sequence, ++sequence);
    if (change.event.snapshot) {
      ASSERT_EQ(reader.snapshot(change.event.id), "a picture") << change.event.id;
    }
  }
  EXPECT_TRUE(reader.open_events().empty());
  Database database(database_in(directory), Database::Access::read);
  Statement check = database.prepare("PRAGMA integrity_check");
  ASSERT_TRUE(check.step());
  EXPECT_EQ(check.text(0), "ok");
}

TEST(CrashTest, NothingCommittedIsLostByKills) {
  const char* wanted = std::getenv("MAINSTREAM_KILLS");
  const int kills = wanted != nullptr ? std::atoi(wanted) : 10;
  const TestFolder folder;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::minstd_rand random(seed);
  std::int64_t committed = 0;
  for (int round = 0; round < kills && !testing::Test::HasFatalFailure(); ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_events(folder.path(), ends[1]);
    ::close(ends[1]);
    // Half of the kills may come while the database is opened, the others come when something is written.
    if (round % 2 == 0) {
      pollfd told{ends[0], POLLIN, 0};
      EXPECT_EQ(::poll(&told, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())), 1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 150));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with " << WEXITSTATUS(status);
    committed = last_told(ends[0], committed);
    ::close(ends[0]);
    expect_whole(folder.path(), committed);
  }
  EXPECT_GT(committed, kills) << "too little was written to show anything";
}

}  // namespace
}  // namespace mainstream
