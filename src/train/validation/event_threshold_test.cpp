#include "train/validation/event_threshold.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/testing.hpp"
#include "event/frame_score.hpp"
#include "train/exits/sigmoid_fit.hpp"

namespace mainstream {
namespace {

// A camera at 10 frames per second with an event of a second every ten, whose log odds are shifted: of events
// around `present`, of other frames around `present` - 4, with noise that lasts for half a second.
Recording shifted(double present, int events, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(0, 1);
  Recording recording{{}, {}, 10};
  double now = 0;
  for (int frame = 0; frame < 100 * events; ++frame) {
    const bool is_event = frame % 100 >= 45 && frame % 100 < 55;
    if (frame % 5 == 0) now = noise(random);
    recording.truth.push_back(is_event);
    recording.scores.push_back(static_cast<float>(probability_of(present - (is_event ? 0 : 4) + now)));
  }
  return recording;
}

double f1_of(const Recording& recording, float threshold) {
  double mean = 0;
  for (const double rate : {10.0, 2.5}) {
    double best = 0;
    for (const int votes : kVotesGrid)
      best = std::max(best, sum(replay_cells(recording, {threshold, votes, 1}, rate)).f1().value_or(0));
    mean += best / 2;
  }
  return mean;
}

double highest_f1(const Recording& recording) {
  double highest = 0;
  for (double log_odds = -9; log_odds < 9; log_odds += 0.3)
    highest = std::max(highest, f1_of(recording, static_cast<float>(probability_of(log_odds))));
  return highest;
}

TEST(EventThreshold, FollowsScoresThatAreOffOnThisCamera) {
  for (const double present : {-2.0, 1.0, 5.0}) {
    double lost = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const float threshold = choose_event_threshold(shifted(present, 20, seed)).threshold;
      const Recording judged = shifted(present, 40, 100 + seed);
      lost += (highest_f1(judged) - f1_of(judged, threshold)) / 3;
    }
    EXPECT_LT(lost, 0.06) << "with events around log odds of " << present;
  }
}

// Scores that know nothing of events: the best threshold on the clip is chance, and figures of the clip at it
// promise what does not hold.
Recording ignorant(int events, std::uint64_t seed) {
  Recording recording = shifted(0, events, seed);
  for (std::size_t i = 0; i < recording.scores.size(); ++i) {
    if (recording.truth[i]) recording.scores[i] = recording.scores[i - 20];
  }
  return recording;
}

TEST(EventThreshold, FiguresOfUnseenFramesDoNotFlatter) {
  double at_chosen = 0, unseen = 0, later = 0;
  constexpr int kClips = 20;
  for (std::uint64_t seed = 1; seed <= kClips; ++seed) {
    const Recording clip = ignorant(5, seed);
    const EventThreshold chosen = choose_event_threshold(clip);
    Recording recorded{{}, clip.truth, clip.fps};
    for (const bool positive : chosen.unseen) recorded.scores.push_back(positive ? 1.0F : 0.0F);
    at_chosen += f1_of(clip, chosen.threshold) / kClips;
    unseen += f1_of(recorded, 0.5F) / kClips;
    later += f1_of(ignorant(40, 100 + seed), chosen.threshold) / kClips;
  }
  EXPECT_GT(at_chosen, later + 0.05) << "it flatters";
  EXPECT_LT(unseen, later + 0.03);
}

// The threshold of the last of five stretches lies between the highest score that is not positive and the
// lowest that is. Other scores there move all other thresholds, but not this one.
TEST(EventThreshold, AStretchHasNoSayInItsOwnThreshold) {
  constexpr std::size_t kLast = 800;
  Recording clip = shifted(2, 10, 1);
  float low = 0, high = 1;
  for (const bool changed : {false, true}) {
    if (changed) {
      for (std::size_t i = kLast; i < clip.scores.size(); ++i)
        clip.scores[i] = clip.truth[i] ? 0.6F * clip.scores[i] : 0.9F * (1 - clip.scores[i]);
    }
    const std::vector<bool> unseen = choose_event_threshold(clip).unseen;
    ASSERT_EQ(unseen.size(), clip.scores.size());
    for (std::size_t i = kLast; i < clip.scores.size(); ++i) {
      if (unseen[i])
        high = std::min(high, clip.scores[i]);
      else
        low = std::max(low, clip.scores[i]);
    }
  }
  EXPECT_LT(low, high) << "one threshold for both";
}

// Events take up most of the time, so a detection over all of it has a high F1.
TEST(EventThreshold, IsNeverAlwaysOn) {
  Recording recording = ignorant(10, 3);
  for (std::size_t i = 0; i < recording.truth.size(); ++i) recording.truth[i] = i % 100 >= 20;
  ASSERT_GT(f1_of(recording, 0), f1_of(recording, 0.9F)) << "else this tests nothing";
  double positive = 0;
  const float threshold = choose_event_threshold(recording).threshold;
  for (std::size_t i = 0; i < recording.truth.size(); ++i)
    positive += !recording.truth[i] && recording.scores[i] >= threshold ? 1 : 0;
  EXPECT_LE(positive, 100);  // of 200
}

TEST(EventThreshold, NeedsTwoEvents) {
  EXPECT_ERROR(usage, (void)choose_event_threshold(shifted(2, 1, 1)), "expected at least 2 events, got 1");
  EXPECT_EQ(choose_event_threshold(shifted(4, 2, 1)).unseen.size(), 200U);
}

TEST(EventThreshold, ANanIsNeverPositive) {
  Recording clip = shifted(4, 4, 1);
  clip.scores[3] = std::numeric_limits<float>::quiet_NaN();
  const EventThreshold chosen = choose_event_threshold(clip);
  EXPECT_FALSE(chosen.unseen[3]);
  EXPECT_GT(chosen.threshold, 0);
  EXPECT_LT(chosen.threshold, 1);
}

}  // namespace
}  // namespace mainstream
