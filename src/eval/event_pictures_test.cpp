#include "eval/event_pictures.hpp"
#include "media/pixels.hpp"

#include <cstdlib>

#include "core/testing.hpp"
#include "eval/testing.hpp"
#include "mainstream/media.hpp"

namespace mainstream {
namespace {

// Scores of "gate" on every second frame.
void answer(Trial& trial, const std::map<std::int64_t, double>& scores) {
  for (std::int64_t frame = 100; frame < 300; frame += 2) {
    const auto given = scores.find(frame);
    trial.answers.push_back({frame, "gate", given == scores.end() ? 0.1 : given->second, false});
    trial.answers.push_back({frame, "other", 0.99, false});
  }
}

TEST(EventPicturesTest, ShowsOneEventOfEachSort) {
  MadeUpComparison made;
  // Both found; a false alarm at 150, one at 210 with a higher score; nothing at 240.
  Trial& trial = made.add(kOurs, std::nullopt, "exit-8", {{118, 130}, {150, 156}, {182, 190}, {210, 214}});
  answer(trial, {{118, 0.95}, {124, 0.8}, {152, 0.6}, {186, 0.9}, {212, 0.7}, {250, 0.45}});
  const auto pictures = choose_pictures(made.comparison);
  ASSERT_EQ(pictures.size(), 1U);
  EXPECT_EQ(pictures[0].app, "gate");
  EXPECT_EQ(pictures[0].share, std::nullopt);

  const ShownEvent& found = pictures[0].of(Outcome::found).value();
  EXPECT_EQ(found.frame, 186) << "118 has a higher score, but is not within the event";
  EXPECT_EQ(found.score, 0.9);
  EXPECT_EQ(found.truth, (FrameRange{180, 199}));
  EXPECT_EQ(found.reported, (FrameRange{182, 190}));
  EXPECT_EQ(picture_title(found, Outcome::found, kMadeUpFps), "found at 18.6 s, score 0.90");
  EXPECT_EQ(picture_caption(found, Outcome::found, kMadeUpFps),
            "True from 18.0 to 20.0 s, reported from 18.2 to 19.1 s, 0.3 s after the start.");

  const ShownEvent& missed = pictures[0].of(Outcome::missed).value();
  EXPECT_EQ(missed.frame, 250);
  EXPECT_EQ(missed.truth, (FrameRange{240, 259}));
  EXPECT_EQ(missed.reported, std::nullopt);
  EXPECT_EQ(picture_caption(missed, Outcome::missed, kMadeUpFps),
            "True from 24.0 to 26.0 s; nothing was reported. 10 frames were looked at; 2 in a row with a "
            "score of 0.50 or more would have been reported.");

  const ShownEvent& wrong = pictures[0].of(Outcome::false_alarm).value();
  EXPECT_EQ(wrong.frame, 212);
  EXPECT_EQ(wrong.truth, std::nullopt);
  EXPECT_EQ(picture_caption(wrong, Outcome::false_alarm, kMadeUpFps),
            "Reported from 21.0 to 21.5 s at a threshold of 0.50; nothing was true then.");
}

TEST(EventPicturesTest, TakesTheTightestBudgetThatHasAllThree) {
  MadeUpComparison made;
  const std::vector<FrameRange> all{{122, 130}, {150, 156}}, no_false{{122, 130}};
  made.add(kOurs, std::nullopt, "exit-8", all);
  made.add(kOurs, 0.3, "exit-8", all);
  made.add({"max-sharing", Mode::max_sharing, {}}, 0.1, "exit-8", all);
  made.add(kOurs, 0.1, "exit-8", no_false);
  made.add_infeasible(kOurs, 0.01);
  EXPECT_EQ(choose_pictures(made.comparison).at(0).share, 0.3);
}

TEST(EventPicturesTest, WithoutSuchABudgetTheFreeRunIsShown) {
  MadeUpComparison made;
  made.add(kOurs, std::nullopt, "exit-8", {{125, 130}, {185, 186}, {245, 246}});
  made.add(kOurs, 0.1, "exit-8", {{122, 130}});
  const AppPictures pictures = choose_pictures(made.comparison).at(0);
  EXPECT_EQ(pictures.share, std::nullopt);
  EXPECT_TRUE(pictures.of(Outcome::found));
  EXPECT_FALSE(pictures.of(Outcome::missed));
  EXPECT_FALSE(pictures.of(Outcome::false_alarm));
}

// A detection that reaches into the tolerance beside an event is no false alarm.
TEST(EventPicturesTest, WhatIsNearAnEventIsNoFalseAlarm) {
  MadeUpComparison made;
  made.add(kOurs, std::nullopt, "exit-8", {{141, 143}});
  EXPECT_FALSE(choose_pictures(made.comparison).at(0).of(Outcome::false_alarm));
}

TEST(EventPicturesTest, AnEventWithoutAnAnswerIsShownInItsMiddle) {
  MadeUpComparison made;
  made.add(kOurs, std::nullopt, "exit-8", {{122, 130}, {182, 190}});
  const ShownEvent missed = choose_pictures(made.comparison).at(0).of(Outcome::missed).value();
  EXPECT_EQ(missed.frame, 249);
  EXPECT_EQ(picture_title(missed, Outcome::missed, kMadeUpFps), "missed at 24.9 s, not looked at");
  EXPECT_EQ(picture_caption(missed, Outcome::missed, kMadeUpFps),
            "True from 24.0 to 26.0 s; nothing was reported. No frame of it was looked at.");
}

TEST(EventPicturesTest, TellsTheThresholdOfTheScheduleInForce) {
  MadeUpComparison made;
  Trial& trial = made.add(kOurs, std::nullopt, "exit-8", {{122, 130}, {210, 216}});
  trial.report.schedules.push_back(MadeUpComparison::in_force(18, "tail-4"));
  const AppPictures pictures = choose_pictures(made.comparison).at(0);
  EXPECT_FLOAT_EQ(static_cast<float>(pictures.of(Outcome::found)->threshold), 0.5F);
  EXPECT_FLOAT_EQ(static_cast<float>(pictures.of(Outcome::false_alarm)->threshold), 0.6F);
}

TEST(EventPicturesTest, TakesTheFramesThatWereChosen) {
  const TestFolder folder;
  const std::string clip = (folder / "clip.avi").string();
  // Grey that rises by 20 from frame to frame.
  const std::string command =
      "ffmpeg -nostdin -y -v error -f lavfi -i nullsrc=s=64x48:r=10:d=1 -vf "
      "\"geq=lum='16+20*N':cb=128:cr=128\" -c:v mjpeg -q:v 2 " +
      clip;
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::vector<AppPictures> apps(2);
  for (const auto& [app, outcome, frame] : {std::tuple{0, 0, 7}, {0, 2, 2}, {1, 0, 7}}) {
    apps[static_cast<std::size_t>(app)].events[static_cast<std::size_t>(outcome)].emplace().frame = frame;
  }
  take_pictures(apps, clip);
  const auto grey = [&](const ShownEvent& event) {
    const Picture picture = decode_picture(event.jpeg, "jpeg");
    EXPECT_EQ(picture.width(), 64);
    return static_cast<int>(to_rgb(picture)[0]);
  };
  const int second = grey(*apps[0].events[2]), seventh = grey(*apps[0].events[0]);
  EXPECT_NEAR(seventh - second, 100 * 255.0 / 219, 12);  // video's 16..235 is a picture's 0..255
  EXPECT_EQ(apps[1].events[0]->jpeg, apps[0].events[0]->jpeg);

  apps[0].events[0]->frame = 10;
  EXPECT_ERROR(untrusted, take_pictures(apps, clip), "ends before frame 10");
}

}  // namespace
}  // namespace mainstream
