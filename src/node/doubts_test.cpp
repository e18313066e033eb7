#include "node/doubts.hpp"

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

// 200 frames, ten a second; "door" is marked in 50 to 79.
UnseenAnswers answers() {
  UnseenAnswers answers{"door", "exit-9", 0.6F, {}, {}};
  for (std::int64_t frame = 0; frame < 200; ++frame) {
    answers.frames.push_back(frame);
    answers.scores.push_back(frame >= 50 && frame < 80 ? 0.99F : 0.01F);
  }
  return answers;
}

Labels marks() {
  Labels labels;
  labels.frames = 200;
  labels.apps["door"].resize(200);
  std::fill_n(labels.apps["door"].begin() + 50, 30, true);
  return labels;
}

std::vector<std::int64_t> frames_of(const Doubts& doubts) {
  std::vector<std::int64_t> frames;
  for (const Doubt& doubt : doubts.frames) frames.push_back(doubt.frame);
  return frames;
}

TEST(Doubts, WhatContradictsTheMarksComesFirstThenTheLeastCertain) {
  UnseenAnswers seen = answers();
  seen.scores[20] = 0.55F;  // nearest to the threshold
  seen.scores[60] = 0.7F;   // next
  seen.scores[100] = 0.9F;  // a false alarm, or a mark that is missing
  seen.scores[140] = 0.999F;
  seen.scores[75] = 0.3F;  // a miss, or a mark too much
  const Doubts doubts = choose_doubts(seen, marks(), 10, 5);
  EXPECT_EQ(doubts.app, "door");
  EXPECT_EQ(doubts.candidate, "exit-9");
  EXPECT_EQ(frames_of(doubts), (std::vector<std::int64_t>{140, 100, 75, 20, 50}))
      << "60 is too near to 75: a tenth of the recording";
  EXPECT_TRUE(doubts.frames[0].contradicts);
  EXPECT_FALSE(doubts.frames[0].marked);
  EXPECT_TRUE(doubts.frames[2].marked);
  EXPECT_FALSE(doubts.frames[3].contradicts);

  Labels corrected = marks();
  corrected.apps["door"][140] = true;
  EXPECT_FALSE(choose_doubts(seen, corrected, 10, 1).frames[0].frame == 140) << "it is in order now";
  corrected.apps.clear();
  EXPECT_EQ(choose_doubts(seen, corrected, 10, 1).frames[0].frame, 140);
}

TEST(Doubts, NeighboursOfAFrameAreNotShown) {
  UnseenAnswers seen = answers();
  for (std::size_t frame = 100; frame < 140; ++frame) seen.scores[frame] = 0.9F;
  const std::vector<std::int64_t> frames = frames_of(choose_doubts(seen, marks(), 10, 24));
  for (const std::int64_t a : frames)
    for (const std::int64_t b : frames) EXPECT_TRUE(a == b || std::abs(a - b) >= 10) << a << ' ' << b;
  EXPECT_GE(frames.size(), 10U);
  EXPECT_EQ(frames[0], 100);
  EXPECT_EQ(frames[3], 130);
  EXPECT_TRUE(choose_doubts({}, {}, 10, 24).frames.empty());
}

TEST(Doubts, ReadsWhatTheTrainerWrites) {
  const TestFolder folder;
  const auto file = folder / "unseen.json";
  const auto read = [&](const std::string& text) {
    write_file(file, text);
    return read_unseen(file);
  };
  const UnseenAnswers seen = read(
      R"({"app": "door", "candidate": "exit-9", "threshold": 0.25, "frames": [0, 2], "scores": [0.5, 1]})");
  EXPECT_EQ(seen.frames, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(seen.scores, (std::vector<float>{0.5F, 1}));
  EXPECT_ERROR(untrusted,
               read(R"({"app": "d", "candidate": "e", "threshold": 0.25, "frames": [0, 2], "scores": [1]})"),
               "expected 2 values, one for each of frames, got 1");
  EXPECT_ERROR(
      untrusted,
      read(R"({"app": "d", "candidate": "e", "threshold": 0.25, "frames": [2, 0], "scores": [1, 1]})"),
      "frames[1]");
  EXPECT_ERROR(untrusted, read("{"), "unseen.json");
}

}  // namespace
}  // namespace mainstream
