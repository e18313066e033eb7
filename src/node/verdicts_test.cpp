#include "node/verdicts.hpp"

#include <random>

#include "core/testing.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

TEST(VerdictsTest, GiveF1WithAnIntervalThatCoversIt) {
  const NodeState::Judged some = judged(8, 2, 2);
  EXPECT_DOUBLE_EQ(some.f1, 2 * 8.0 / (2 * 8 + 2 + 2));
  EXPECT_LT(some.f1_low, some.f1);
  EXPECT_GT(some.f1_high, some.f1);
  EXPECT_EQ(judged(0, 1, 0).f1, 0);
  EXPECT_EQ(judged(1, 0, 0).f1, 1);
  EXPECT_LT(judged(1, 0, 0).f1_low, 0.6);
  // An app of which 60 % of all that is judged is right, judged 25 times.
  std::mt19937 random(1);
  std::binomial_distribution<int> right(25, 0.6);
  const double truth = 2 * 0.6 / 1.6;
  int covered = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    const int found = right(random);
    const NodeState::Judged one = judged(found, 25 - found, 0);
    covered += one.f1_low <= truth && truth <= one.f1_high ? 1 : 0;
  }
  EXPECT_GE(covered, 1740);
  EXPECT_LE(covered, 1880);
}

TEST(VerdictsTest, WarnWhenTheyAreManyAndBad) {
  EXPECT_EQ(verdict_warning(judged(0, 9, 0), 0.8), "");
  EXPECT_EQ(verdict_warning(judged(18, 4, 2), 0.8), "");
  EXPECT_THAT(
      verdict_warning(judged(5, 10, 3), 0.8),
      testing::StartsWith("verdicts give an F1 of 0.43 (0.25 to 0.64), 0.80 is expected: 5 of its events "
                          "are right, 10 wrong, 3 missed"));
}

TEST(VerdictsTest, CountForThePackageThatRuns) {
  TestFolder folder;
  StoreOptions options;
  options.directory = folder.path();
  Store store(options);
  const WallTime now = wall_now();
  const auto event = [&](const std::string& package, Verdict::Kind kind,
                         EventChange change = EventChange::ended) {
    EventRecord one = record(store.new_event_id(), change, "crowd");
    one.package = package;
    EXPECT_TRUE(store.put(one));
    EXPECT_TRUE(store.put(Verdict{.id = one.id, .kind = kind, .given = now}));
    return one;
  };
  const EventRecord first = event("new", Verdict::Kind::right);
  (void)event("new", Verdict::Kind::wrong);
  (void)event("old", Verdict::Kind::wrong);
  (void)event("new", Verdict::Kind::right, EventChange::nearly);
  (void)event("new", Verdict::Kind::wrong, EventChange::nearly);
  const auto missed = [&](WallTime at) {
    const Verdict verdict{.id = store.new_event_id(),
                          .kind = Verdict::Kind::missed,
                          .given = now,
                          .app = "crowd",
                          .stream = first.stream,
                          .start = at,
                          .end = at};
    EXPECT_TRUE(store.put(verdict));
  };
  missed(first.start_time + std::chrono::seconds(5));
  missed(first.start_time - std::chrono::hours(5));
  StoreReader reader(folder.path());
  const std::pair key(std::string("crowd"), first.stream);
  const auto judged = judge_apps(reader, now, {{key, "new"}});
  ASSERT_EQ(judged.size(), 1U);
  EXPECT_EQ(judged.at(key).right, 1);
  EXPECT_EQ(judged.at(key).wrong, 1);
  EXPECT_EQ(judged.at(key).missed, 2) << "one of them nearly found";
  EXPECT_TRUE(judge_apps(reader, now + std::chrono::hours(24 * 40), {{key, "new"}}).empty());
}

}  // namespace
}  // namespace mainstream
