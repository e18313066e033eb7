#include "train/replay.hpp"

#include "core/testing.hpp"

namespace mainstream {
namespace {

// Scores of 1 where the text has a '#', and truth where `truth` has one.
Recording recording(const std::string& answers, const std::string& truth, double fps = 10) {
  Recording recording;
  recording.fps = fps;
  for (const char c : answers) recording.scored.scores.push_back(c == '#' ? 1 : 0);
  for (const char c : truth) recording.scored.truth.push_back(c == '#');
  return recording;
}

TEST(Replay, RatesAreWholeAndEndAtTheStreams) {
  EXPECT_EQ(replay_rates(recording("", "", 4)), (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(replay_rates(recording("", "", 2.5)), (std::vector<double>{1, 2, 2.5}));
  EXPECT_EQ(replay_rates(recording("", "", 0.5)), (std::vector<double>{0.5}));
  Recording every_second = recording("", "", 30);
  every_second.step = 2;
  EXPECT_EQ(replay_rates(every_second).back(), 15);
}

TEST(Replay, FindsEventsAtFullRate) {
  const MeasuredQuality quality =
      replay(recording("..##............##", "..####....####...."), 0.5F, {1, 0.2}, 10);
  EXPECT_DOUBLE_EQ(quality.recall, 0.5);
  EXPECT_DOUBLE_EQ(quality.precision, 0.5);
  EXPECT_DOUBLE_EQ(quality.f1, 0.5);
}

// At half the rate an event of one positive frame is met in one of two phases.
TEST(Replay, AveragesOverPhases) {
  const Recording short_event = recording("....#.....", "....#.....");
  EXPECT_DOUBLE_EQ(replay(short_event, 0.5F, {1, 0}, 10).f1, 1);
  const MeasuredQuality half = replay(short_event, 0.5F, {1, 0}, 5);
  EXPECT_DOUBLE_EQ(half.recall, 0.5);
  EXPECT_DOUBLE_EQ(half.precision, 0.5);
  EXPECT_DOUBLE_EQ(half.f1, 0.5);
  EXPECT_DOUBLE_EQ(half.fps, 5);
}

TEST(Replay, VotesSilenceShortFalseAlarms) {
  const std::string truth = "....####............####....";
  const std::string noisy = "#...####..#....#....####...#";
  EXPECT_LT(replay(recording(noisy, truth), 0.5F, {1, 0}, 10).precision, 0.5);
  EXPECT_DOUBLE_EQ(replay(recording(noisy, truth), 0.5F, {2, 0}, 10).f1, 1);
}

TEST(Replay, ChoosesAnotherRuleOnlyWhenItIsClearlyBetter) {
  std::string truth(80, '.'), alarms(80, '.');
  for (const std::size_t begin : {20U, 60U}) truth.replace(begin, 8, "########");
  for (std::size_t frame = 3; frame < 80; frame += 6) alarms[frame] = '#';
  for (const std::size_t begin : {20U, 60U}) alarms.replace(begin, 8, "########");
  const Judged clean{recording(truth, truth, 1), 0.5F}, noisy{recording(alarms, truth, 1), 0.5F};
  EXPECT_EQ(choose_rule(std::span(&clean, 1)).votes, 1);
  EXPECT_EQ(choose_rule(std::span(&clean, 1)).merge_gap_s, 1);
  EXPECT_GT(choose_rule(std::span(&noisy, 1)).votes, 1);
}

TEST(Replay, CorrelationIsThatOfTheQualityModel) {
  // Half of the event's frames are misses; of the 4 misses, 3 are followed by a miss:
  // (3/4 - 1/2) / (1/2) = 1/2.
  const Judged judged{recording("....####...", "########...", 1), 0.5F};
  EXPECT_NEAR(answer_correlation(judged).value(), 0.5, 1e-12);
  const Judged perfect{recording("####....", "####....", 1), 0.5F};
  EXPECT_FALSE(answer_correlation(perfect).has_value());
}

}  // namespace
}  // namespace mainstream
