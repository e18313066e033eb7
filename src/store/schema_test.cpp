#include <array>

#include "store/schema.hpp"

#include "core/file.hpp"
#include "store/age_clock.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

TEST(SchemaTest, OlderDatabasesTakeTheStepsThatTheyLack) {
  const TestFolder folder;
  Database database(folder / "x.db", Database::Access::write);
  const std::array one = {"CREATE TABLE a (x)"};
  migrate(database, one, "x.db");
  database.execute("INSERT INTO a VALUES (7)");
  const std::array two = {"CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 8"};
  migrate(database, two, "x.db");
  EXPECT_EQ(database.number("PRAGMA user_version"), 2);
  EXPECT_EQ(database.number("SELECT x * 10 + y FROM a"), 78);
  migrate(database, two, "x.db");  // nothing is left to do
  EXPECT_ERROR(untrusted, migrate(database, one, "x.db"),
               "x.db: expected a database of version 1 to 1, got 2");
}

TEST(SchemaTest, AStepThatFailsChangesNothing) {
  const TestFolder folder;
  Database database(folder / "x.db", Database::Access::write);
  const std::array steps = {"CREATE TABLE a (x)", "CREATE TABLE b (x); nonsense"};
  EXPECT_ERROR(storage, migrate(database, steps, "x.db"), "syntax error");
  EXPECT_EQ(database.number("PRAGMA user_version"), 1);
  EXPECT_EQ(database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
}

TEST(SchemaTest, OtherFilesAreRefused) {
  const TestFolder folder;
  write_file(folder / "node.db", "This is a text that is long enough to be no database at all, I hope.");
  EXPECT_ERROR(untrusted, Store(store_in(folder.path())),
               "node.db: the file is not a database; move it away");
  std::filesystem::remove(folder / "node.db");
  Database(folder / "node.db", Database::Access::write).execute("CREATE TABLE theirs (x)");
  EXPECT_ERROR(untrusted, Store(store_in(folder.path())), "node.db: the database belongs to another program");
}

TEST(SchemaTest, ADamagedDatabaseIsAnError) {
  const TestFolder folder;
  {
    Store store(store_in(folder.path()));
    for (int i = 0; i < 200; ++i) put_event(store);
  }
  std::string bytes = read_file(folder / "node.db");
  std::fill(bytes.begin() + 4096, bytes.end(), '\xA5');
  write_file(folder / "node.db", bytes);
  EXPECT_ERROR(untrusted, Store(store_in(folder.path())), "node.db: the database is damaged");
}

TEST(AgeClockTest, FollowsTimeThatPassedAndNoJumps) {
  const AgeClock::Steady start;
  const WallTime nineteen_seventy(0s), today(1'700'000'000s);
  const AgeClock first(std::nullopt, nineteen_seventy, start);
  EXPECT_EQ(first.age(start + 60s), 60s);
  const auto saved = first.save(today, start + 60s);  // the clock was set meanwhile
  EXPECT_EQ(AgeClock(saved, today + 3600s, start).age(start), 3660s) << "an hour off";
  EXPECT_EQ(AgeClock(saved, nineteen_seventy, start).age(start + 5s), 65s)
      << "began with a wrong clock again";
}

TEST(AgeClockTest, ARunWithAWrongClockMakesNothingOld) {
  const AgeClock::Steady start;
  const WallTime nineteen_seventy(0s), today(1'750'000'000s);
  const AgeClock first(std::nullopt, nineteen_seventy, start);
  const auto never_set = first.save(nineteen_seventy + 60s, start + 60s);
  const AgeClock second(never_set, today, start);
  EXPECT_EQ(second.age(start), 60s) << "the clock was set between two runs";
  EXPECT_EQ(AgeClock(never_set, nineteen_seventy, start).age(start), 60s);

  const auto right = second.save(today + 60s, start + 60s);
  const AgeClock third(right, nineteen_seventy, start);
  const auto wrong = third.save(nineteen_seventy + 3600s, start + 3600s);
  EXPECT_EQ(wrong.age, 3720s);
  EXPECT_EQ(AgeClock(wrong, today + 60s + 3600s, start).age(start), 3720s) << "an hour that counts once";
  EXPECT_EQ(AgeClock(wrong, today + 60s + 5400s, start).age(start), 3720s + 1800s) << "half an hour off";
}

}  // namespace
}  // namespace mainstream
