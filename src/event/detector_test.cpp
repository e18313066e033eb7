#include <algorithm>
#include <limits>
#include <random>

#include "core/testing.hpp"
#include "mainstream/event.hpp"

namespace mainstream {

using Event = EventDetector::Event;

static bool operator==(const Event& a, const Event& b) {
  return a.range == b.range && a.peak == b.peak && a.seen == b.seen && a.positive == b.positive &&
         a.confirmed_frame == b.confirmed_frame;
}

static std::ostream& operator<<(std::ostream& out, const Event& event) {
  return out << event.range.first << ".." << event.range.last << " peak " << event.peak << " seen "
             << event.seen << " positive " << event.positive << " confirmed " << event.confirmed_frame;
}

namespace {

using testing::ElementsAre;

struct Answer {
  std::int64_t frame = 0;
  float score = 0;
  bool positive = false;
};

MediaTime at(std::int64_t frame) {
  return MediaTime(frame * 100'000 + 7);  // a camera whose clock began a little late
}

std::vector<Event> detect(EventRule rule, const std::vector<Answer>& answers) {
  EventDetector detector(rule);
  std::vector<Event> events;
  for (const Answer& answer : answers) {
    const auto event = detector.add(answer.frame, at(answer.frame), answer.score, answer.positive);
    if (event) events.push_back(*event);
  }
  if (auto event = detector.finish()) events.push_back(*event);
  for (const Event& event : events) {
    EXPECT_EQ(event.start, at(event.range.first));
    EXPECT_EQ(event.end, at(event.range.last));
  }
  return events;
}

// What joins an event at once: a run's first votes together, then each of its frames.
struct Block {
  FrameRange frames;
  bool begins_run = false;
};

std::vector<Block> blocks_of(EventRule rule, const std::vector<Answer>& answers) {
  std::vector<Block> blocks;
  const auto votes = static_cast<std::size_t>(rule.votes);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    std::size_t end = i;
    while (end < answers.size() && answers[end].positive) ++end;
    for (std::size_t last = i + votes - 1; last < end; ++last) {
      const bool first = last == i + votes - 1;
      blocks.push_back({{answers[first ? i : last].frame, answers[last].frame}, first});
    }
    i = end;
  }
  return blocks;
}

// The definition, with all answers at hand: runs with enough votes, joined where near, cut where too long,
// left out where too short, then counted.
std::vector<Event> reference(EventRule rule, const std::vector<Answer>& answers) {
  const std::int64_t longest = rule.max_length > 0 ? rule.max_length : std::int64_t{1} << 40;
  std::vector<Event> events;
  for (const Block& block : blocks_of(rule, answers)) {
    const auto near = [&](const FrameRange& event) {
      return !block.begins_run || block.frames.first - event.last - 1 <= rule.merge_gap;
    };
    if (events.empty() || !near(events.back().range) ||
        block.frames.last - events.back().range.first + 1 > longest) {
      events.push_back({block.frames, -std::numeric_limits<float>::infinity(), 0, 0, -1});
    }
    Event& event = events.back();
    event.range.last = block.frames.last;
    const bool long_enough = event.range.last - event.range.first + 1 >= rule.min_length;
    if (long_enough && event.confirmed_frame < 0) event.confirmed_frame = event.range.last;
  }
  std::erase_if(events, [](const Event& event) { return event.confirmed_frame < 0; });
  for (Event& event : events) {
    for (const Answer& answer : answers) {
      if (answer.frame < event.range.first || answer.frame > event.range.last) continue;
      if (answer.score > event.peak) event.peak_frame = answer.frame;
      event.peak = std::max(event.peak, answer.score);
      ++event.seen;
      event.positive += answer.positive ? 1 : 0;
    }
  }
  return events;
}

// "+-" at every `step`-th frame; scores count up from 1.
std::vector<Answer> answers(const std::string& signs, std::int64_t step = 1) {
  std::vector<Answer> result;
  for (std::size_t i = 0; i < signs.size(); ++i) {
    result.push_back({static_cast<std::int64_t>(i) * step, static_cast<float>(i + 1), signs[i] == '+'});
  }
  return result;
}

TEST(EventDetectorTest, ARunOfPositivesIsAnEvent) {
  EXPECT_THAT(detect({}, answers("--+++-+--")),
              ElementsAre(Event{{2, 4}, 5, 3, 3, 2}, Event{{6, 6}, 7, 1, 1, 6}));
  EXPECT_THAT(detect({}, answers("---")), ElementsAre());
  EXPECT_THAT(detect({}, {}), ElementsAre());
}

TEST(EventDetectorTest, RunsWithTooFewVotesDoNotCount) {
  EXPECT_THAT(detect({.votes = 3}, answers("++-+++-")), ElementsAre(Event{{3, 5}, 6, 3, 3, 5}));
  EXPECT_THAT(detect({.votes = 3}, answers("+++")), ElementsAre(Event{{0, 2}, 3, 3, 3, 2}));
}

TEST(EventDetectorTest, NearDetectionsAreOneEvent) {
  EXPECT_THAT(detect({.merge_gap = 2}, answers("+--+---+")),
              ElementsAre(Event{{0, 3}, 4, 4, 2, 0}, Event{{7, 7}, 8, 1, 1, 7}));
}

TEST(EventDetectorTest, TheGapIsCountedInFramesOfTheStream) {
  EXPECT_THAT(detect({.merge_gap = 9}, answers("+-+", 5)), ElementsAre(Event{{0, 10}, 3, 3, 2, 0}));
  EXPECT_THAT(detect({.merge_gap = 8}, answers("+-+", 5)),
              ElementsAre(Event{{0, 0}, 1, 1, 1, 0}, Event{{10, 10}, 3, 1, 1, 10}));
}

TEST(EventDetectorTest, ARunWithTooFewVotesIsNoBridge) {
  EXPECT_THAT(detect({.votes = 2, .merge_gap = 2}, answers("++--+--++")),
              ElementsAre(Event{{0, 1}, 2, 2, 2, 1}, Event{{7, 8}, 9, 2, 2, 8}));
}

TEST(EventDetectorTest, AnEventIsOverAsSoonAsNothingCanJoinIt) {
  EventDetector detector({.votes = 2, .merge_gap = 3});
  EXPECT_FALSE(detector.add(0, at(0), 1, true));
  EXPECT_EQ(detector.open(), nullptr);
  EXPECT_FALSE(detector.add(1, at(1), 1, true));
  ASSERT_NE(detector.open(), nullptr);
  EXPECT_FALSE(detector.add(4, at(4), 0, false));
  EXPECT_FALSE(detector.add(5, at(5), 1, true));  // begins 3 frames after the event: may join it
  EXPECT_FALSE(detector.add(9, at(9), 1, true));  // joins it
  EXPECT_EQ(*detector.open(), (Event{{0, 9}, 1, 5, 4, 1}));
  EXPECT_FALSE(detector.add(12, at(12), 0, false));  // frame 13 could still begin a run that joins
  EXPECT_TRUE(detector.add(13, at(13), 0, false));   // the earliest one now begins at 14, 4 frames apart
  EXPECT_EQ(detector.open(), nullptr);
}

TEST(EventDetectorTest, APositiveFarAwayEndsOneEventAndBeginsTheNext) {
  EventDetector detector({.merge_gap = 5});
  EXPECT_FALSE(detector.add(0, at(0), 1, true));
  EXPECT_FALSE(detector.add(1, at(1), 0, false));
  EXPECT_EQ(detector.add(100, at(100), 0.5F, true), (Event{{0, 0}, 1, 1, 1, 0}));
  EXPECT_EQ(detector.finish(), (Event{{100, 100}, 0.5F, 1, 1, 100}));
  EXPECT_FALSE(detector.finish());
}

TEST(EventDetectorTest, AnEventThatClosesWhereTheNextBeginsKeepsItsTimes) {
  EventDetector detector({.votes = 2, .merge_gap = 2});
  EXPECT_FALSE(detector.add(0, at(0), 1, true));
  EXPECT_FALSE(detector.add(1, at(1), 1, true));
  EXPECT_FALSE(detector.add(2, at(2), 0, false));
  const auto over = detector.add(9, at(9), 1, true);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->start, at(0));
  EXPECT_EQ(over->end, at(1));
  EXPECT_FALSE(detector.add(10, at(10), 1, true));
  const auto last = detector.finish();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->start, at(9));
  EXPECT_EQ(last->end, at(10));
}

TEST(EventDetectorTest, ARunGoesOnOverFramesThatNobodyAnalysed) {
  EXPECT_THAT(detect({.votes = 2}, answers("++", 100)), ElementsAre(Event{{0, 100}, 2, 2, 2, 100}));
}

TEST(EventDetectorTest, SeenLeavesOutWhatFollowsTheLastPositive) {
  EXPECT_THAT(detect({.merge_gap = 100}, answers("+-+----")), ElementsAre(Event{{0, 2}, 3, 3, 2, 0}));
}

TEST(EventDetectorTest, AScoreThatIsNoNumberIsNoPeak) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(detect({.merge_gap = 5}, {{0, 0.5F, true}, {1, nan, false}, {2, 0.2F, false}, {3, 0.7F, true}}),
              ElementsAre(Event{{0, 3}, 0.7F, 4, 2, 0}));
}

TEST(EventDetectorTest, AnEventBeginsWhenItIsLongEnough) {
  const EventRule rule{.votes = 1, .merge_gap = 2, .min_length = 4};
  EXPECT_THAT(detect(rule, answers("+++---++++-----+")), ElementsAre(Event{{6, 9}, 10, 4, 4, 9}));
  EXPECT_THAT(detect(rule, answers("++--+")), ElementsAre(Event{{0, 4}, 5, 5, 3, 4})) << "near ones together";
  EventDetector detector(rule);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(detector.add(i, at(i), 1, true));
    EXPECT_EQ(detector.open(), nullptr) << i;
  }
  EXPECT_FALSE(detector.add(3, at(3), 1, true));
  ASSERT_NE(detector.open(), nullptr);
  EXPECT_EQ(detector.open()->range, (FrameRange{0, 3}));
}

TEST(EventDetectorTest, AnEventThatIsTooLongEndsAndTheNextBegins) {
  EXPECT_THAT(detect({.votes = 2, .max_length = 3}, answers("+++++++")),
              ElementsAre(Event{{0, 2}, 3, 3, 3, 1}, Event{{3, 5}, 6, 3, 3, 3}, Event{{6, 6}, 7, 1, 1, 6}));
  EXPECT_THAT(detect({.votes = 2, .merge_gap = 9, .max_length = 5}, answers("++---+++")),
              ElementsAre(Event{{0, 1}, 2, 2, 2, 1}, Event{{5, 7}, 8, 3, 3, 6}))
      << "the gap is in neither";
}

TEST(EventDetectorTest, KnowsWhichFrameMayBeThePeak) {
  EventDetector detector({.votes = 1, .merge_gap = 5});
  EXPECT_FALSE(detector.add(0, at(0), 0.1F, false));
  EXPECT_FALSE(detector.may_be_peak(0));
  EXPECT_FALSE(detector.add(1, at(1), 0.7F, true));
  EXPECT_FALSE(detector.add(2, at(2), 0.6F, true));
  EXPECT_TRUE(detector.may_be_peak(1));
  EXPECT_FALSE(detector.may_be_peak(2));
  EXPECT_FALSE(detector.add(3, at(3), 0.4F, false));
  EXPECT_TRUE(detector.may_be_peak(3)) << "of a later part";
  EXPECT_FALSE(detector.add(4, at(4), 0.9F, true));
  EXPECT_TRUE(detector.may_be_peak(4));
  EXPECT_FALSE(detector.may_be_peak(1));
  EXPECT_EQ(detector.finish()->peak_frame, 4);
}

TEST(EventDetectorTest, AnotherRuleHoldsFromTheNextFrameOn) {
  EventDetector detector({.votes = 3, .merge_gap = 0});
  EXPECT_FALSE(detector.add(0, at(0), 1, true));
  EXPECT_FALSE(detector.add(1, at(1), 1, true));
  EXPECT_EQ(detector.open(), nullptr);
  detector.set_rule({.votes = 2});
  EXPECT_EQ(detector.open(), nullptr);
  EXPECT_FALSE(detector.add(2, at(2), 1, true));
  ASSERT_NE(detector.open(), nullptr);
  EXPECT_EQ(detector.open()->confirmed_frame, 2);
  detector.set_rule({.votes = 9, .min_length = 100});
  ASSERT_NE(detector.open(), nullptr);
  EXPECT_EQ(detector.add(3, at(3), 0, false), (Event{{0, 2}, 1, 3, 3, 2})) << "what is open stays";
  EXPECT_ERROR(usage, detector.set_rule({.votes = 0}), "got 0 votes");
}

TEST(EventDetectorTest, RefusesNonsense) {
  EXPECT_ERROR(usage, EventDetector({.votes = 0}), "got 0 votes");
  EXPECT_ERROR(usage, EventDetector({.merge_gap = -1}), "-1 frames");
  EXPECT_ERROR(usage, EventDetector({.min_length = 9, .max_length = 8}), "got 9 and 8 frames");
  EventDetector detector({});
  EXPECT_FALSE(detector.add(3, at(3), 0, false));
  EXPECT_ERROR(usage, detector.add(3, at(3), 0, false), "got frame 3 after frame 3");
}

TEST(EventDetectorTest, AgreesWithTheDefinitionOnRandomAnswers) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    EventRule rule{static_cast<int>(random() % 4 + 1), static_cast<std::int64_t>(random() % 12)};
    if (seed % 2 == 1) rule.max_length = static_cast<std::int64_t>(random() % 30 + 1);
    if (seed % 4 > 1) rule.min_length = static_cast<std::int64_t>(random() % 20);
    if (rule.max_length > 0) rule.min_length = std::min(rule.min_length, rule.max_length);
    const unsigned stay = random() % 4 + 1, max_step = random() % 5 + 1;
    std::vector<Answer> given;
    bool positive = false;
    std::int64_t frame = 0;
    for (unsigned i = random() % 60; i > 0; --i) {
      frame += static_cast<std::int64_t>(random() % max_step) + 1;
      if (random() % stay == 0) positive = random() % 2 == 0;
      given.push_back({frame, static_cast<float>(random() % 100) / 100, positive});
    }
    const std::vector<Event> found = detect(rule, given), expected = reference(rule, given);
    ASSERT_EQ(found, expected) << "seed " << seed;
    for (std::size_t i = 0; i < found.size(); ++i)
      ASSERT_EQ(found[i].peak_frame, expected[i].peak_frame) << "seed " << seed;
  }
}

}  // namespace
}  // namespace mainstream
