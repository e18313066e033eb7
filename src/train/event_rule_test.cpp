#include "train/event_rule.hpp"

#include "core/testing.hpp"

namespace mainstream {
namespace {

// Scores of 1 where the text has a '#', and truth where `truth` has one.
Judged judged(const std::string& answers, const std::string& truth, double fps) {
  Judged candidate;
  candidate.recording.fps = fps;
  for (const char c : answers) candidate.recording.scores.push_back(c == '#' ? 1 : 0);
  for (const char c : truth) candidate.recording.truth.push_back(c == '#');
  return candidate;
}

TEST(EventRule, AnotherRuleIsChosenOnlyWhenItIsClearlyBetter) {
  std::string truth(80, '.'), alarms(80, '.');
  for (const std::size_t begin : {20U, 60U}) truth.replace(begin, 8, "########");
  for (std::size_t frame = 3; frame < 80; frame += 6) alarms[frame] = '#';
  for (const std::size_t begin : {20U, 60U}) alarms.replace(begin, 8, "########");
  const Judged clean = judged(truth, truth, 1), noisy = judged(alarms, truth, 1);
  EXPECT_EQ(choose_rule(std::span(&clean, 1)).votes, 1);
  EXPECT_EQ(choose_rule(std::span(&clean, 1)).merge_gap_s, 1);
  EXPECT_GT(choose_rule(std::span(&noisy, 1)).votes, 1);
}

TEST(EventRule, QualityIsMeasuredAtEveryRateOfTheGrid) {
  // One of two events is found, and one false alarm is as long as an event.
  const auto table = quality_by_rate(judged("..##......##......", "..##..........##..", 2), {1, 0.5});
  ASSERT_EQ(table.size(), rate_grid(2).size());
  EXPECT_EQ(table.back().fps, 2);
  EXPECT_EQ(table.back().recall, 0.5);
  EXPECT_EQ(table.back().precision, 0.5);
  EXPECT_EQ(table.back().f1, 0.5);
  EXPECT_EQ(table.back().true_events, 2);
  EXPECT_EQ(table.back().detected_events, 2);
  EXPECT_LT(table.front().recall, 0.5) << "one frame in ten seconds";
}

}  // namespace
}  // namespace mainstream
