#include "run/statistics.hpp"

#include "run/testing.hpp"

namespace mainstream {
namespace {

// Of an app that looks at every frame of a camera with 10 per second.
class StatisticsTest : public testing::Test {
 protected:
  StatisticsTest() { statistics_.begin_plan(0, std::vector<std::string>{"app"}); }

  void take(double at, std::int64_t replaced = 0) {
    statistics_.count_taken(at_seconds(at), replaced, fps_);
    ++statistics_.apps[0].frames;
  }
  void take_a_second(double from) {
    for (int i = 0; i < 10; ++i) take(from + 0.1 * i);
  }
  [[nodiscard]] const Drops& dropped() const { return statistics_.apps[0].dropped; }

  const std::vector<double> fps_{10};
  Statistics statistics_;
};

TEST_F(StatisticsTest, FramesThatANewerOneReplacedAreLostToOverload) {
  for (int i = 0; i < 20; ++i) take(0.5 * i, i == 0 ? 0 : 4);
  EXPECT_GE(dropped().overload, 70);
  EXPECT_EQ(dropped().camera + dropped().budget, 0);
}

TEST_F(StatisticsTest, FramesThatAnOutageKeptAwayAreLostToTheCamera) {
  take_a_second(0);
  statistics_.count_taken(at_seconds(1), 0, fps_);
  statistics_.count_put_off();
  take_a_second(61);
  EXPECT_LE(dropped().budget, 1) << "the one that was put off";
  EXPECT_GE(dropped().camera, 590);
  take(122, 1);
  EXPECT_LE(dropped().overload, 2) << "the one that was replaced, and the one before";
  EXPECT_GE(dropped().camera, 1180);
}

TEST_F(StatisticsTest, AnOutageIsNoTimeOfThePlan) {
  take_a_second(0);
  const PlanStatistics before = statistics_.present;
  take_a_second(61);
  EXPECT_NEAR(statistics_.present.length_s(), 1.9, 1e-6);
  EXPECT_NEAR(statistics_.present.since(before).length_s(), 1, 1e-6);
}

TEST_F(StatisticsTest, AnAnalysisThatTakesSecondsIsNoOutage) {
  for (int i = 0; i < 3; ++i) take(8.0 * i, i == 0 ? 0 : 79);
  EXPECT_NEAR(statistics_.present.length_s(), 16, 1e-6);
}

}  // namespace
}  // namespace mainstream
