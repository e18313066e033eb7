#include "node/why_not.hpp"

#include "core/testing.hpp"

namespace mainstream {
namespace {

NodeState::App running() {
  NodeState::App app;
  app.id = "crossing@gate";
  app.planned = true;
  app.setting.fps = 5;
  app.setting.votes = 3;
  app.setting.threshold = 0.5F;
  app.reached_fps = 5;
  app.last_score = 0.25F;
  return app;
}

TEST(WhyNotTest, TellsTheFirstReasonInPlainWords) {
  NodeState::App app = running();
  EXPECT_EQ(why_not_text(app), "the last score, 0.250, is below the threshold of 0.500");
  app.last_score = 0.7F;
  app.votes = 1;
  EXPECT_EQ(why_not_text(app), "1 of 3 votes so far");
  app.reached_fps = 2;
  app.lost.overload = 30;
  EXPECT_EQ(why_not_text(app), "only 2 of 5 frames per second are analysed: the machine is too slow");
  app.lost = {.budget = 30};
  EXPECT_EQ(why_not_text(app), "only 2 of 5 frames per second are analysed: the budget is spent");
  app.reached_fps = 0;
  app.lost = {.camera = 50};
  EXPECT_EQ(why_not_text(app), "no frame was analysed in the last seconds: the camera does not deliver them");
  app.event_open = true;
  EXPECT_EQ(why_not_text(app), "an event is open");
  app = running();
  app.last_score.reset();
  EXPECT_EQ(why_not_text(app), "no frame was analysed yet");
  app.planned = false;
  app.reason = "its stream gate is not up";
  EXPECT_EQ(why_not_text(app), "it does not run: its stream gate is not up");
  app = running();
  app.last_score = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(why_not(app), WhyNot::low_score);
}

TEST(WhyNotTest, LogsChangesThatLastAndAtMostOneAMinute) {
  WhyNotLog log;
  Clock::Time now{};
  const auto after = [&](int count, const NodeState::App& app) {
    std::vector<std::string> lines;
    for (int i = 0; i < count; ++i) {
      now += std::chrono::seconds(1);
      for (std::string& line : log.changes({app}, now)) lines.push_back(std::move(line));
    }
    return lines;
  };
  NodeState::App app = running(), lost = running(), open = running();
  lost.reached_fps = 0;
  lost.lost.camera = 50;
  open.event_open = true;
  EXPECT_TRUE(after(100, app).empty()) << "a score below the threshold is what is expected";
  EXPECT_TRUE(after(30, open).empty() && after(30, app).empty()) << "events are told elsewhere";
  EXPECT_TRUE(after(5, lost).empty() && after(20, app).empty()) << "it did not last";
  EXPECT_THAT(after(30, lost),
              testing::ElementsAre("crossing@gate: no frame was analysed in the last seconds: "
                                   "the camera does not deliver them"));
  EXPECT_TRUE(after(20, app).empty()) << "within the minute";
  EXPECT_THAT(after(40, app), testing::ElementsAre("crossing@gate: is analysed as planned again"));
}

}  // namespace
}  // namespace mainstream
