#include <fmt/format.h>

#include <numeric>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "event/bootstrap.hpp"
#include "event/score_testing.hpp"
#include "mainstream/event.hpp"

namespace mainstream {
namespace {

using testing::DoubleNear;
using testing::Optional;

ScoreOptions over(const Bits& truth, double fps = 2) {
  return {.fps = fps, .frames = {0, std::ssize(truth) - 1}};
}

// At 2 frames per second: one frame beside an event is within the tolerance.
EventScore score(const std::string& truth, const std::string& positive, double fps = 2) {
  return score_events(joined_runs(bits(truth)), told(joined_runs(bits(positive))), over(bits(truth), fps));
}

// Two events of four frames, so four frames are one false alarm.
const std::string kTruth = "......####............####......";

TEST(ScoreTest, PerfectDetections) {
  const EventScore perfect = score(kTruth, kTruth);
  EXPECT_EQ(perfect.counts, (EventCounts{2, 0, 0}));
  EXPECT_EQ(perfect.true_events, 2);
  EXPECT_EQ(perfect.detections, 2);
  EXPECT_EQ(perfect.f1, 1);
  EXPECT_EQ(perfect.recall, 1);
  EXPECT_EQ(perfect.precision, 1);
  EXPECT_EQ(perfect.covered, 1);
  EXPECT_EQ(perfect.detections_per_found, 1);
  EXPECT_EQ(perfect.false_alarms_per_hour, 0);
  EXPECT_EQ(perfect.f1_error, 0);
}

TEST(ScoreTest, AlwaysOnIsTheFloor) {
  // 32 frames, 12 of them within a frame of an event: 20 frames are five false alarms.
  const EventScore always = score(kTruth, std::string(32, '#'));
  EXPECT_EQ(always.counts, (EventCounts{2, 0, 5}));
  EXPECT_THAT(always.f1, Optional(DoubleNear(4.0 / 9, 1e-12)));
  EXPECT_EQ(always.always_on_f1, always.f1);
  EXPECT_DOUBLE_EQ(always.false_alarms_per_hour, 5 / (16.0 / 3600));
  EXPECT_EQ(score(kTruth, kTruth).always_on_f1, always.f1) << "whatever was detected";
}

TEST(ScoreTest, NothingDetected) {
  const EventScore never = score(kTruth, "");
  EXPECT_EQ(never.counts, (EventCounts{0, 2, 0}));
  EXPECT_EQ(never.recall, 0);
  EXPECT_FALSE(never.precision);
  EXPECT_EQ(never.f1, 0);
  EXPECT_EQ(never.covered, 0);
  EXPECT_FALSE(never.detections_per_found || never.median_delay_s);
}

TEST(ScoreTest, OneFrameOfEachEventIsEnough) {
  const EventScore one = score(kTruth, ".......#...............#");
  EXPECT_EQ(one.f1, 1);
  EXPECT_EQ(one.covered, 0.25) << "which shows it";
}

TEST(ScoreTest, EveryBlipIsAFalseAlarm) {
  const EventScore blips = score(kTruth, "#..#..####...#..#..#..####......");
  EXPECT_EQ(blips.counts, (EventCounts{2, 0, 5}));
  EXPECT_DOUBLE_EQ(blips.precision.value(), 2.0 / 7);
}

TEST(ScoreTest, ALongFalseAlarmIsSeveral) {
  EXPECT_DOUBLE_EQ(score(kTruth, "............######....####").counts.false_alarms, 1.5);
}

TEST(ScoreTest, FlickerFindsAnEventOnce) {
  const EventScore flicker = score(kTruth, "......#.#.............##.#");
  EXPECT_EQ(flicker.f1, 1);
  EXPECT_EQ(flicker.detections, 4);
  EXPECT_EQ(flicker.detections_per_found, 2) << "which shows it";
}

TEST(ScoreTest, ALittleTooWideIsFree) {
  EXPECT_EQ(score(kTruth, ".....######..........######").f1, 1);
  // One frame further at each end: four frames in all, one false alarm.
  EXPECT_EQ(score(kTruth, "....########........########").counts, (EventCounts{2, 0, 1}));
  // Beside an event only: found nothing, and told nothing wrong beyond the tolerance.
  EXPECT_EQ(score(kTruth, ".....#").counts, (EventCounts{0, 2, 0}));
}

TEST(ScoreTest, ABridgedGapCosts) {
  // 12 frames between the events, of which one beside each is free.
  const EventScore bridged = score(kTruth, "......####################");
  EXPECT_EQ(bridged.counts, (EventCounts{2, 0, 2.5}));
  EXPECT_EQ(bridged.detections_per_found, 1);
}

TEST(ScoreTest, WithoutEventsOnlyFalseAlarmsCount) {
  const EventScore none = score("........", "#..###..");
  EXPECT_EQ(none.counts, (EventCounts{0, 0, 2}));
  EXPECT_DOUBLE_EQ(none.false_alarms_per_hour, 2 / (4.0 / 3600));
  EXPECT_FALSE(none.f1 || none.recall || none.precision || none.covered || none.always_on_f1 ||
               none.f1_error);
  EXPECT_EQ(score("........", "").false_alarms_per_hour, 0);
  ScoreOptions options = over(bits("........"));
  options.alarm_frames = 1.5;
  EXPECT_EQ(score_events({}, told({{2, 4}}), options).counts, (EventCounts{0, 0, 2}))
      << "a given length counts";
}

TEST(ScoreTest, TheDelayEndsWhenTheVotesAreComplete) {
  const std::vector<FrameRange> truth = joined_runs(bits(kTruth));
  const auto delay = [&](const std::vector<Detection>& detections) {
    return score_events(truth, detections, over(bits(kTruth), 4)).median_delay_s;
  };
  EXPECT_EQ(delay({{{7, 9}, 8}}), 0.5);
  EXPECT_EQ(delay({{{7, 9}, 8}, {{23, 25}, 25}}), 0.625) << "the mean of the middle two";
  EXPECT_EQ(delay({{{3, 9}, 4}}), 0) << "it was told already";
  EXPECT_EQ(delay({{{6, 7}, {}}, {{9, 9}, 9}}), 0.75) << "as far as it is known";
  EXPECT_FALSE(delay({{{6, 9}, {}}})) << "older files do not tell";
  EXPECT_FALSE(delay({{{12, 13}, 12}})) << "a false alarm has none";
}

TEST(ScoreTest, BothSidesAreCutToTheFrames) {
  const std::vector<FrameRange> truth = {{0, 3}, {10, 13}, {20, 29}};
  const ScoreOptions options{.fps = 2, .frames = {8, 21}};
  const EventScore cut = score_events(truth, told({{0, 7}, {0, 8}, {12, 30}, {22, 30}}), options);
  // Events 10..13 and 20..21, on average 3 frames; told 8 and 12..21, wrongly 8 alone and 15..18.
  EXPECT_EQ(cut.true_events, 2);
  EXPECT_EQ(cut.detections, 2);
  EXPECT_EQ(cut.counts.found, 2);
  EXPECT_DOUBLE_EQ(cut.counts.false_alarms, 1 + 4.0 / 3);
}

TEST(ScoreTest, DetectionsWithCommonFramesAreOne) {
  const EventScore joined =
      score_events(joined_runs(bits(kTruth)), {{{{12, 16}, 14}, {{6, 9}, 7}, {{15, 19}, 15}, {{13, 14}, 13}}},
                   over(bits(kTruth)));
  EXPECT_EQ(joined.detections, 2);
  EXPECT_EQ(joined.counts.false_alarms, 2);
}

TEST(ScoreTest, RefusesNonsense) {
  const std::vector<FrameRange> truth = {{2, 3}}, falling = {{5, 6}, {2, 3}}, touching = {{2, 3}, {3, 4}};
  EXPECT_ERROR(usage, score_events(truth, {}, {.fps = 0, .frames = {0, 9}}), "0 frames per second");
  EXPECT_ERROR(usage, score_events(truth, {}, {.fps = std::nan(""), .frames = {0, 9}}), "frames per second");
  EXPECT_ERROR(usage, score_events(truth, {}, {.fps = 1, .frames = {5, 4}}), "frames 5..4");
  EXPECT_ERROR(usage, score_events(truth, {}, {.fps = 1, .frames = {0, 9}, .tolerance_s = -1}), "got -1 s");
  EXPECT_ERROR(usage, score_events(falling, {}, {.fps = 1, .frames = {0, 9}}), "2..3 does not");
  EXPECT_ERROR(usage, score_events(touching, {}, {.fps = 1, .frames = {0, 9}}), "3..4 does not");
}

void expect_near(const EventCounts& counts, const EventCounts& expected, const std::string& message) {
  EXPECT_EQ(counts.found, expected.found) << message;
  EXPECT_EQ(counts.missed, expected.missed) << message;
  EXPECT_NEAR(counts.false_alarms, expected.false_alarms, 1e-9) << message;
}

struct RandomCase {
  Bits truth, positive;
  double fps = 0;
  std::int64_t gap = 0;
};

RandomCase random_case(unsigned seed) {
  std::mt19937 random(seed);
  RandomCase made;
  const std::size_t size = 1 + random() % 120;
  made.truth = random_bits(random, size, 1 + random() % 12, 1 + random() % 8);
  made.positive = random_bits(random, size, 1 + random() % 12, 1 + random() % 8);
  if (random() % 2 == 0) {  // near the truth, or it would hardly ever be right
    for (std::size_t i = 0; i < size; ++i) made.positive[i] = made.truth[i] != (random() % 8 == 0);
  }
  made.fps = std::vector<double>{1, 2.5, 5, 7, 10, 14}[random() % 6];
  made.gap = static_cast<std::int64_t>(random() % 6);
  return made;
}

TEST(ScoreTest, AgreesWithTheDefinitionOnRandomBits) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const RandomCase made = random_case(seed);
    const auto runs = joined_runs(made.positive, made.gap);
    const EventScore got = score_events(joined_runs(made.truth), told(runs), over(made.truth, made.fps));
    expect_near(got.counts, expected_counts(made.truth, runs, made.fps), fmt::format("seed {}", seed));
    const auto cells = score_cells(joined_runs(made.truth), told(runs), over(made.truth, made.fps));
    ASSERT_EQ(std::ssize(cells), got.true_events);
    expect_near(sum(cells), got.counts, fmt::format("cells, seed {}", seed));
    for (const EventCounts& cell : cells) ASSERT_EQ(cell.found + cell.missed, 1) << "seed " << seed;
    if (HasFailure()) return;
  }
}

// The counts of two stretches are those of both, where no event and no detection is cut and a false alarm is
// as long in both.
TEST(ScoreTest, CountsOfTwoStretchesAddUp) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const RandomCase first = random_case(seed), second = random_case(seed + 10'000);
    const auto pause = static_cast<std::size_t>(std::ceil(first.fps)) + 1;
    Bits truth = first.truth, positive = first.positive;
    for (Bits* all : {&truth, &positive}) {
      all->resize(all->size() + pause);
      const Bits& more = all == &truth ? second.truth : second.positive;
      all->insert(all->end(), more.begin(), more.end());
    }
    ScoreOptions whole = over(truth, first.fps), left = whole, right = whole;
    left.frames.last = std::ssize(first.truth) + static_cast<std::int64_t>(pause) / 2;
    right.frames.first = left.frames.last + 1;
    left.alarm_frames = right.alarm_frames = 6;
    whole.alarm_frames = 6;
    const auto events = joined_runs(truth);
    const auto detections = told(joined_runs(positive));
    EventCounts both = score_events(events, detections, left).counts;
    both += score_events(events, detections, right).counts;
    expect_near(both, score_events(events, detections, whole).counts, fmt::format("seed {}", seed));
    if (HasFailure()) return;
  }
}

// How the score behaves on the second half of the clip that comes with the project.
class SampleClipTest : public testing::Test {
 protected:
  static constexpr std::int64_t kFirst = 398, kLast = 794;
  static Bits truth_of(const std::string& app) {
    static const Labels labels = read_labels(MAINSTREAM_SOURCE_DIR "/data/pets2009-s2l1/labels.csv");
    const Bits& all = labels.of(app);
    return {all.begin() + kFirst, all.begin() + kLast + 1};
  }
  // `change` makes of an app's true bits what is detected. Mean F1 over the six apps of the demo.
  template <typename Change>
  static double mean_f1(Change change) {
    double total = 0;
    for (const char* app : {"crossing", "gravel", "near-road", "right-edge", "sign", "stone"}) {
      const Bits truth = truth_of(app);
      total += score_events(joined_runs(truth), told(joined_runs(change(truth))), over(truth, 10)).f1.value();
    }
    return total / 6;
  }
};

TEST_F(SampleClipTest, AlwaysOnAndPerfect) {
  EXPECT_NEAR(mean_f1([](const Bits& truth) { return Bits(truth.size(), true); }), 0.53, 0.005);
  EXPECT_EQ(mean_f1([](const Bits& truth) { return truth; }), 1);
  EXPECT_EQ(mean_f1([](const Bits& truth) { return Bits(truth.size(), false); }), 0);
}

TEST_F(SampleClipTest, OneFramePerEventAndFourTooWide) {
  EXPECT_EQ(mean_f1([](const Bits& truth) {
              Bits one(truth.size());
              for (const FrameRange& event : joined_runs(truth))
                one[static_cast<std::size_t>(event.last)] = true;
              return one;
            }),
            1);
  EXPECT_EQ(mean_f1([](const Bits& truth) {
              Bits wide(truth.size());
              for (std::int64_t i = 0; i < std::ssize(truth); ++i) {
                for (std::int64_t j = std::max<std::int64_t>(0, i - 4); j <= i + 4 && j < std::ssize(truth);
                     ++j) {
                  if (truth[static_cast<std::size_t>(j)]) wide[static_cast<std::size_t>(i)] = true;
                }
              }
              return wide;
            }),
            1);
}

TEST_F(SampleClipTest, HalfOfTheFramesAtRandom) {
  std::mt19937 random(1);
  EXPECT_NEAR(mean_f1([&](const Bits& truth) {
                Bits half(truth.size());
                for (std::size_t i = 0; i < half.size(); ++i) half[i] = random() % 2 == 0;
                return half;
              }),
              0.17, 0.03);
}

TEST_F(SampleClipTest, SixBlipsFarFromEvents) {
  EXPECT_NEAR(mean_f1([&](const Bits& truth) {
                std::vector<std::size_t> far;
                for (std::int64_t i = 0; i < std::ssize(truth); ++i) {
                  bool near = false;
                  for (std::int64_t j = std::max<std::int64_t>(0, i - 7); j <= i + 7 && j < std::ssize(truth);
                       ++j) {
                    near |= truth[static_cast<std::size_t>(j)];
                  }
                  if (!near) far.push_back(static_cast<std::size_t>(i));
                }
                Bits blips = truth;
                for (std::size_t i = 0; i < 6; ++i) blips[far[i * far.size() / 6]] = true;
                return blips;
              }),
              0.63, 0.02);
}

// The same score in another language, where it and what it needs are there.
TEST(ScoreTest, AgreesWithThePythonTool) {
  const auto tool = shared_data("../tools/ridge_exits.py");
  if (!tool) GTEST_SKIP() << "no ridge_exits.py in tools beside the shared data";
  if (std::system("/usr/bin/python3 -c 'import numpy' 2> /dev/null") != 0) {
    GTEST_SKIP() << "/usr/bin/python3 has no numpy (Debian's python3-numpy)";
  }
  const TestFolder folder;
  constexpr unsigned kCases = 400;
  std::string cases;
  for (unsigned seed = 0; seed < kCases; ++seed) {
    const RandomCase made = random_case(seed);
    const auto text = [](const Bits& of) {
      std::string written;
      for (const bool bit : of) written += bit ? '1' : '0';
      return written;
    };
    cases += fmt::format("{} {} {} {}\n", made.fps, (static_cast<double>(made.gap) + 0.5) / made.fps,
                         text(made.truth), text(made.positive));
  }
  write_file(folder / "cases", cases);
  write_file(folder / "score.py",
             "import importlib.util, sys, numpy\n"
             "sys.dont_write_bytecode = True\n"
             "spec = importlib.util.spec_from_file_location('tool', sys.argv[1])\n"
             "tool = importlib.util.module_from_spec(spec); spec.loader.exec_module(tool)\n"
             "for line in open(sys.argv[2]):\n"
             "    fps, gap, truth, positive = line.split()\n"
             "    bits = lambda text: numpy.array([int(c) for c in text])\n"
             "    print(*map(repr, map(float, tool.event_score(bits(truth), bits(positive), float(fps), "
             "float(gap)))))\n");
  const std::string command =
      fmt::format("/usr/bin/python3 {} {} {} > {}", (folder / "score.py").string(), tool->string(),
                  (folder / "cases").string(), (folder / "out").string());
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::istringstream answers(read_file(folder / "out"));
  for (unsigned seed = 0; seed < kCases; ++seed) {
    const RandomCase made = random_case(seed);
    const EventScore got = score_events(joined_runs(made.truth), told(joined_runs(made.positive, made.gap)),
                                        over(made.truth, made.fps));
    double recall = -1, precision = -1, f1 = -1;
    answers >> recall >> precision >> f1;
    ASSERT_NEAR(got.recall.value(), recall, 1e-9) << seed;
    ASSERT_NEAR(got.precision.value_or(0), precision, 1e-9) << seed;
    ASSERT_NEAR(got.f1.value(), f1, 1e-9) << seed;
  }
}

TEST(ScoreTest, ARunHasMeanAndLowestOverTheAppsWithEvents) {
  Labels labels;
  labels.frames = 20;
  for (const char* app : {"a", "b", "c"}) labels.apps[app] = Bits(20);
  for (const std::size_t i : {2, 3, 9, 10, 11, 18}) labels.apps["a"][i] = true;
  labels.apps["b"][12] = labels.apps["b"][15] = true;
  const EventsByApp detected = {{"a", told({{2, 3}, {8, 10}, {17, 19}})}, {"b", {}}, {"c", told({{12, 13}})}};
  const ScoreOptions options{.fps = 2, .frames = {10, 16}};
  const RunScore run = score_run(labels, detected, options);
  EXPECT_EQ(run.frames, (FrameRange{10, 16}));
  EXPECT_EQ(run.apps.at("a").f1, 1) << "10..11 is found, the others lie outside";
  EXPECT_EQ(run.apps.at("b").f1, 0);
  EXPECT_FALSE(run.apps.at("c").f1) << "nothing happens there";
  EXPECT_EQ(run.apps.at("c").counts.false_alarms, 1);
  EXPECT_EQ(run.mean_f1, 0.5);
  EXPECT_EQ(run.min_f1, 0);
  EXPECT_FALSE(run.mean_f1_error) << "a has a single event";
  EXPECT_DOUBLE_EQ(run.mean_always_on_f1.value(),
                   (run.apps.at("a").always_on_f1.value() + run.apps.at("b").always_on_f1.value()) / 2);
  const RunScore all = score_run(labels, detected, {.fps = 2, .frames = {0, 19}});
  EXPECT_DOUBLE_EQ(all.mean_f1_error.value(),
                   std::hypot(all.apps.at("a").f1_error.value(), all.apps.at("b").f1_error.value()) / 2);
  EXPECT_FALSE(score_run(labels, {{"c", {}}}, {.fps = 2, .frames = {0, 19}}).mean_f1);
  EXPECT_ERROR(usage, score_run(labels, {{"x", {}}}, options),
               "app \"x\" has no labels, expected one of: a, b, c");
  EXPECT_ERROR(usage, score_run(labels, detected, {.fps = 2, .frames = {0, 20}}),
               "frames 0..20: the labels have frames 0..19");
}

}  // namespace
}  // namespace mainstream
