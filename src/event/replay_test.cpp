#include "event/replay.hpp"

#include "core/testing.hpp"
#include "event/score_testing.hpp"

namespace mainstream {
namespace {

// Scores of 1 where the text has a '#', and truth where `truth` has one.
Recording recording(const std::string& answers, const std::string& truth, double fps = 10) {
  Recording made{{}, bits(truth), fps};
  for (const bool positive : bits(answers)) made.scores.push_back(positive ? 1 : 0);
  return made;
}

EventCounts replayed(const Recording& recording, const ReplayRule& rule, double rate) {
  return sum(replay_cells(recording, rule, rate));
}

TEST(ReplayTest, RatesEndAtTheStreams) {
  EXPECT_EQ(rate_grid(4), (std::vector<double>{0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4}));
  EXPECT_EQ(rate_grid(2.5).back(), 2.5);
  EXPECT_EQ(rate_grid(0.1), (std::vector<double>{0.1}));
  EXPECT_EQ(rate_grid(10).size(), 15U);
  EXPECT_EQ(rate_grid(60).size(), 22U);
}

TEST(ReplayTest, AtTheFullRateItIsTheScore) {
  const Recording made = recording("..##............##", "..####....####....", 2);
  // One of two events is found; the other detection is one false alarm: two frames away, half an event long.
  EXPECT_EQ(replayed(made, {0.5F, 1, 0.5}, 2), (EventCounts{1, 1, 1}));
  EXPECT_EQ(replayed(made, {1.5F, 1, 0.5}, 2), (EventCounts{0, 2, 0})) << "no score reaches this threshold";
}

// At half the rate an event of one positive frame is met in one of two phases.
TEST(ReplayTest, AveragesOverPhases) {
  const Recording made = recording("....#.....", "....#.....");
  EXPECT_EQ(replayed(made, {0.5F, 1, 0}, 10), (EventCounts{1, 0, 0}));
  EXPECT_EQ(replayed(made, {0.5F, 1, 0}, 5), (EventCounts{0.5, 0.5, 0}));
  EXPECT_EQ(replayed(made, {0.5F, 1, 0}, 3), (EventCounts{0.3, 0.7, 0}));
  EXPECT_EQ(replayed(made, {0.5F, 1, 0}, 20), (EventCounts{1, 0, 0})) << "no more than there is";
}

// The phases of an even selection, from its definition: frame i is due when (i + 1) share + phase passes a
// whole number.
std::vector<EventCounts> expected_cells(const Recording& made, const ReplayRule& rule, double rate,
                                        int phases) {
  std::vector<EventCounts> mean(joined_runs(made.truth).size());
  for (int phase = 0; phase < phases; ++phase) {
    const double offset = static_cast<double>(phase) / phases, share = rate / made.fps;
    Bits positive(made.truth.size());
    std::vector<FrameRange> runs;
    std::int64_t length = 0, first = 0, last = -1;
    const auto close = [&] {
      if (length >= rule.votes) runs.push_back({first, last});
      length = 0;
    };
    for (std::size_t i = 0; i < made.truth.size(); ++i) {
      const auto place = static_cast<double>(i);
      if (std::floor((place + 1) * share + offset + 1e-9) <= std::floor(place * share + offset + 1e-9))
        continue;
      if (made.scores[i] < rule.threshold) {
        close();
        continue;
      }
      if (length++ == 0) first = static_cast<std::int64_t>(i);
      last = static_cast<std::int64_t>(i);
    }
    close();
    std::vector<FrameRange> joined;
    for (const FrameRange& run : runs) {
      if (!joined.empty() &&
          static_cast<double>(run.first - joined.back().last - 1) <= rule.merge_gap_s * made.fps) {
        joined.back().last = run.last;
      } else {
        joined.push_back(run);
      }
    }
    const auto cells = score_cells(joined_runs(made.truth), told(joined),
                                   {.fps = made.fps, .frames = {0, std::ssize(made.truth) - 1}});
    for (std::size_t i = 0; i < cells.size(); ++i) {
      mean[i] += {cells[i].found / phases, cells[i].missed / phases, cells[i].false_alarms / phases};
    }
  }
  return mean;
}

TEST(ReplayTest, AgreesWithTheDefinitionOnRandomRecordings) {
  struct Rate {
    double rate;
    int phases;
  };
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    Recording made{{}, random_bits(random, 300, 25, 12), 10};
    for (const bool truth : made.truth) {
      made.scores.push_back(static_cast<float>(random() % 100) / 100 + (truth ? 0.3F : 0));
    }
    const ReplayRule rule{0.6F, static_cast<int>(1 + random() % 4), 0.1 * static_cast<double>(random() % 15)};
    for (const auto& [rate, phases] : {Rate{10, 1}, {8, 5}, {7, 10}, {5, 2}, {2, 5}, {1, 10}, {0.5, 20}}) {
      const auto got = replay_cells(made, rule, rate);
      const auto expected = expected_cells(made, rule, rate, phases);
      ASSERT_EQ(got.size(), expected.size());
      for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_NEAR(got[i].found, expected[i].found, 1e-9) << "seed " << seed << " rate " << rate;
        ASSERT_NEAR(got[i].false_alarms, expected[i].false_alarms, 1e-9)
            << "seed " << seed << " rate " << rate;
      }
    }
  }
}

// One analysed frame of a hundred: 20 of the 100 phases are looked at, which lie 5 frames apart.
TEST(ReplayTest, VeryLowRatesAreReplayedFromSomePhases) {
  const std::string half = std::string(50, '#') + std::string(50, '.');
  const Recording made = recording(half + half, half + half);
  const EventCounts counts = replayed(made, {0.5F, 1, 1}, 0.1);
  EXPECT_NEAR(counts.found, 1, 0.1);
  EXPECT_NEAR(counts.found + counts.missed, 2, 1e-12);
}

TEST(ReplayTest, VotesSilenceShortFalseAlarms) {
  const std::string truth = "....####............####....";
  const Recording noisy = recording("#...####..#....#....####...#", truth, 2);
  EXPECT_LT(replayed(noisy, {0.5F, 1, 0}, 2).f1().value(), 0.8);
  EXPECT_EQ(replayed(noisy, {0.5F, 2, 0}, 2).f1(), 1);
}

TEST(ReplayTest, TheTableHasEveryRateAndVotes) {
  const std::string truth = "....####............####....";
  const Recording made = recording("#...####..#....#....###....#", truth, 2);
  const auto table = replay_table(made, 0.5F, 0.5);
  const auto rates = rate_grid(2);
  ASSERT_EQ(table.size(), rates.size() * std::size(kVotesGrid));
  const CellBootstrap bootstrap(2);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ReplayRule rule{0.5F, kVotesGrid[i % std::size(kVotesGrid)], 0.5};
    const auto cells = replay_cells(made, rule, rates[i / std::size(kVotesGrid)]);
    const EventCounts counts = sum(cells);
    EXPECT_EQ(table[i],
              (ReplayQuality{rates[i / std::size(kVotesGrid)], rule.votes, counts.recall().value(),
                             counts.precision().value_or(0), counts.f1().value(), bootstrap.f1_error(cells)}))
        << i;
  }
  EXPECT_EQ(table.back().f1, 0) << "no run of seven";
  EXPECT_TRUE(replay_table(recording("#...", "....", 2), 0.5F, 0.5).empty()) << "nothing to find";
  EXPECT_EQ(replay_cells(recording("#...", "....", 2), {}, 2), (std::vector<EventCounts>{{0, 0, 1}}));
}

TEST(ReplayTest, RefusesNonsense) {
  const Recording made = recording("#...", "#...");
  EXPECT_ERROR(usage, replay_cells(made, {}, 0), "expected a rate above 0 frames per second, got 0");
  EXPECT_ERROR(usage, replay_cells(made, {.votes = 0}, 1), "got 0 votes");
  EXPECT_ERROR(usage, replay_cells(made, {.merge_gap_s = -1}, 1),
               "expected a merge gap of at least 0 s, got -1");
  EXPECT_ERROR(usage, replay_cells(recording("#", "#..."), {}, 1), "1 scores and 4 labels");
  EXPECT_ERROR(usage, replay_cells(recording("", ""), {}, 1), "0 scores and 0 labels");
  EXPECT_ERROR(usage, replay_cells(recording("#", "#", 0), {}, 1), "0 frames per second");
}

// A clip as long as the sample's halves has to be cheap: a training makes dozens of such tables.
TEST(ReplayTest, ATableTakesMilliseconds) {
  std::mt19937 random(1);
  Recording made{{}, random_bits(random, 400, 40, 20), 30};
  for (const bool truth : made.truth) {
    made.scores.push_back(static_cast<float>(random() % 100) / 100 + (truth ? 0.3F : 0));
  }
  const double start = processor_seconds();
  (void)replay_table(made, 0.6F, 1);
  const double took = processor_seconds() - start;
  RecordProperty("milliseconds", static_cast<int>(1000 * took));
  EXPECT_LT(took, 1) << "about 0.02 s on an idle machine";
}

TEST(ReplayTest, CorrelationIsThatOfTheQualityModel) {
  // Half of the event's frames are misses; of the 4 misses, 3 are followed by a miss:
  // (3/4 - 1/2) / (1/2) = 1/2 at the full rate of 0.1; lower rates are not in the grid.
  EXPECT_NEAR(answer_correlation(recording("....####...", "########...", 0.1), 0.5F).value(), 0.5, 1e-12);
  EXPECT_FALSE(answer_correlation(recording("####....", "####....", 0.1), 0.5F).has_value());
}

}  // namespace
}  // namespace mainstream
