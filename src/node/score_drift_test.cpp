#include "node/score_drift.hpp"
#include "core/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/testing.hpp"

namespace mainstream {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// A camera with an app, simulated in blocks of ten minutes. Events come in runs, more of them by day than by
// night, fewer at weekends, and some days have more than others. Scores near in time are alike.
struct ScoringCamera {
  double events_by_day = 0.15;
  double moved = 0;   // of all scores, on the logit scale
  double worn = 0;    // how much less scores of events differ from others, 0 to 1
  double busier = 1;  // how many times more time is within events

  std::uint32_t seed = 1;
  std::mt19937 random{seed};
  bool in_event = false;

  static double level(double hour) { return hour < 7 || hour > 19 ? 0.2 : 1; }

  // The scores of ten minutes of one frame every five seconds.
  std::pair<ScoreCounts, std::int64_t> block(double hour, bool weekend, double of_day) {
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    const double share = std::min(0.9, busier * events_by_day * level(hour) * (weekend ? 0.5 : 1.0) * of_day);
    const double away = 0.3 * normal(random);
    std::pair<ScoreCounts, std::int64_t> scores;
    for (int frame = 0; frame < 120; ++frame) {
      // Events last six frames on average.
      const double begins = share / (1 - share) / 6;
      in_event = uniform(random) < (in_event ? 1 - 1.0 / 6 : begins);
      const double logit = (in_event ? 1.5 - 4 * worn : -2.5) + away + moved + 1.3 * normal(random);
      ++scores.first[score_bin(1 / (1 + std::exp(-logit)))];
      if (logit >= 0) ++scores.second;
    }
    return scores;
  }

  void play(ScoreDrift& drift, WallTime begin, int count) {
    std::lognormal_distribution<double> of_day(0, 0.3);
    for (int day = 0; day < count; ++day) {
      const double level_of_day = of_day(random);
      const WallTime midnight = begin + days(day);
      const bool weekend = midnight.time_since_epoch() / days(1) % 7 < 2;
      for (int ten = 0; ten < 144; ++ten) {
        const auto [scores, positive] = block(ten / 6.0, weekend, level_of_day);
        drift.add(scores, positive, midnight + minutes(10 * ten + 5));
      }
    }
  }
};

const WallTime kFirstDay = std::chrono::sys_days(std::chrono::year(2025) / 3 / 1);

// What validation on the same camera found: so many independent frames of each kind.
AnswerQuality validated(double size = 200) {
  ScoringCamera camera{.events_by_day = 0.5, .seed = 99};
  AnswerQuality quality;
  ScoreTable table;
  std::normal_distribution<double> normal;
  for (int i = 0; i < 20'000; ++i) {
    const auto score = [&](double middle) {
      return 1 / (1 + std::exp(-(middle + std::hypot(1.3, 0.3) * normal(camera.random))));
    };
    ++table.positive[score_bin(score(1.5))];
    ++table.negative[score_bin(score(-2.5))];
  }
  quality.scores = table;
  quality.threshold = 0.5F;
  const auto interval = [&](double rate) {
    const double error = 1.645 * std::sqrt(rate * (1 - rate) / size);
    return Interval{std::max(0.0, rate - error), std::min(1.0, rate + error)};
  };
  quality.tpr = 0.87;
  quality.fpr = 0.03;
  quality.tpr_interval = interval(quality.tpr);
  quality.fpr_interval = interval(quality.fpr);
  return quality;
}

// Days from the change to the alarm; nothing within so many days.
std::optional<int> days_to_alarm(ScoringCamera camera, ScoreDrift drift, WallTime at, int limit) {
  for (int day = 1; day <= limit; ++day) {
    camera.play(drift, at, 1);
    at += days(1);
    if (drift.finding() != ScoreDrift::Finding::none) return day - 1;
  }
  return std::nullopt;
}

TEST(ScoreDriftTest, TwoSamplesOfOneDistributionDoNotDiverge) {
  std::mt19937 random(3);
  int diverged = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto sample = [&](int size) {
      ScoreShares shares;
      shares.size = size;
      std::geometric_distribution<std::size_t> bin(0.3);
      for (int i = 0; i < size; ++i) shares.share[std::min(bin(random), kScoreBins - 1)] += 1.0 / size;
      return shares;
    };
    if (divergence(sample(300), sample(100)) > 0) ++diverged;
  }
  EXPECT_LE(diverged, 10) << "0.1 % are meant, and 0.5 % would be too many";
}

TEST(ScoreDriftTest, DivergenceIsThePopulationStabilityIndexOfLargeSamples) {
  ScoreShares a, b;
  a.size = b.size = 1e9;
  a.share[0] = 0.9;
  a.share[8] = 0.1;
  b.share[0] = 0.7;
  b.share[8] = 0.3;
  EXPECT_NEAR(divergence(a, b), -0.2 * std::log(0.1 / 0.3) + 0.2 * std::log(0.9 / 0.7), 1e-6);
  EXPECT_EQ(divergence(a, a), 0);
  a.size = b.size = 8;
  EXPECT_EQ(divergence(a, b), 0) << "eight scores tell nothing";
}

// The sums of squared differences of neighbours do not see the rhythm of the day, and see what blocks share.
TEST(ScoreDriftTest, ADaysScoresCountAsMuchAsTheyTell) {
  const auto size_of = [](double away, bool rhythm) {
    std::mt19937 random(5);
    std::normal_distribution<double> normal;
    ScoreDay day;
    for (int ten = 0; ten < 144; ++ten) {
      const double middle = away * normal(random) + (rhythm ? 3 * std::sin(ten / 144.0 * 6.283) : 0);
      ScoreCounts counts{};
      for (int i = 0; i < 100; ++i) ++counts[score_bin(1 / (1 + std::exp(-(middle + normal(random)))))];
      day.add(counts, 0, kFirstDay + minutes(10 * ten));
    }
    day.close();
    return day.shares().size;
  };
  EXPECT_GT(size_of(0, false), 11'000) << "of 14,400 independent scores";
  EXPECT_GT(size_of(0, true), 9'000);
  EXPECT_LT(size_of(1, false), 1'500) << "144 blocks that are alike within";
}

// 8 cameras, 90 days each: two years without a change. (40 cameras have none either.)
TEST(ScoreDriftTest, QuietMonthsRaiseFewAlarms) {
  int alarms = 0, validation = 0;
  for (std::uint32_t seed = 0; seed < 8; ++seed) {
    ScoringCamera camera{.seed = seed};
    ScoreDrift drift(validated());
    bool was = false;
    for (int week = 0; week < 13; ++week) {
      camera.play(drift, kFirstDay + days(7 * week), 7);
      const bool is = drift.finding() != ScoreDrift::Finding::none;
      if (is && !was) ++alarms;
      if (drift.finding() == ScoreDrift::Finding::validation) ++validation;
      was = is;
    }
    EXPECT_FALSE(drift.result().learning);
    EXPECT_GT(drift.result().days, 75);
    EXPECT_TRUE(drift.result().from_validation);
  }
  EXPECT_LE(alarms, 1) << "in two years of cameras";
  EXPECT_EQ(validation, 0);
}

TEST(ScoreDriftTest, FindsWhatChangedWithinDays) {
  struct Case {
    const char* what;
    double moved, worn, busier;
    int within, least;  // days; of ten cameras
  };
  for (const Case& one :
       {Case{"all scores are lower", -1.5, 0, 1, 3, 10}, Case{"events score like others", 0, 0.8, 1, 21, 8},
        Case{"all scores are higher", 1.5, 0, 1, 3, 10}, Case{"six times as many events", 0, 0, 6, 5, 10}}) {
    int found = 0, slowest = 0;
    constexpr int kCameras = 10;
    for (std::uint32_t seed = 100; seed < 100 + kCameras; ++seed) {
      ScoringCamera camera{.seed = seed};
      AnswerQuality old = validated();
      old.scores.reset();  // a package without a table
      ScoreDrift drift(old);
      camera.play(drift, kFirstDay, 30);
      camera.moved = one.moved;
      camera.worn = one.worn;
      camera.busier = one.busier;
      const auto delay = days_to_alarm(camera, drift, kFirstDay + days(30), 30);
      if (!delay) continue;
      ++found;
      slowest = std::max(slowest, *delay);
    }
    EXPECT_GE(found, one.least) << one.what;
    EXPECT_LE(slowest, one.within) << one.what;
  }
}

// A share of events that the first days never had is no departure from what the package promises.
TEST(ScoreDriftTest, ValidationLeavesOpenHowOftenEventsCome) {
  ScoringCamera camera{.events_by_day = 0.6, .seed = 7};
  ScoreDrift drift(validated());
  camera.play(drift, kFirstDay, 20);
  EXPECT_NE(drift.finding(), ScoreDrift::Finding::validation);
  ASSERT_TRUE(drift.result().from_validation);
  EXPECT_LT(*drift.result().from_validation, 0.1);
}

// From the first days on, scores are not those of validation: the camera hangs elsewhere.
TEST(ScoreDriftTest, FindsThatTheFirstDaysAreNotWhatWasPromised) {
  ScoringCamera camera{.moved = -1.5, .seed = 8};
  ScoreDrift drift(validated());
  camera.play(drift, kFirstDay, 9);
  EXPECT_EQ(drift.finding(), ScoreDrift::Finding::validation);
  EXPECT_FALSE(drift.result().learning);
}

TEST(ScoreDriftTest, AFewFramesOfValidationPromiseNothing) {
  ScoringCamera camera{.moved = -1.5, .seed = 8};
  ScoreDrift drift(validated(4));
  camera.play(drift, kFirstDay, 20);
  EXPECT_FALSE(drift.result().from_validation);
  EXPECT_EQ(drift.finding(), ScoreDrift::Finding::none);
}

TEST(ScoreDriftTest, EndsWhenTheCauseHasEnded) {
  ScoringCamera camera{.seed = 9};
  AnswerQuality old = validated();
  old.scores.reset();
  ScoreDrift drift(old);
  camera.play(drift, kFirstDay, 10);
  camera.moved = -2;
  camera.play(drift, kFirstDay + days(10), 5);
  EXPECT_EQ(drift.finding(), ScoreDrift::Finding::first_days);
  camera.moved = 0;
  camera.play(drift, kFirstDay + days(15), 14);
  EXPECT_EQ(drift.finding(), ScoreDrift::Finding::none);
}

TEST(ScoreDriftTest, GoesOnAfterARestart) {
  for (const int before : {3, 12}) {
    ScoringCamera camera{.seed = 11}, same{.seed = 11};
    ScoreDrift whole(validated()), first(validated()), second(validated());
    camera.play(whole, kFirstDay, before);
    same.play(first, kFirstDay, before);
    const Json json = Json::parse(first.to_json().dump());
    second.restore(JsonField(json, "drift"));
    camera.moved = same.moved = 1;
    camera.play(whole, kFirstDay + days(before), 12);
    same.play(second, kFirstDay + days(before), 12);
    EXPECT_EQ(whole.finding(), second.finding());
    EXPECT_EQ(whole.result().days, second.result().days);
    ASSERT_TRUE(second.result().from_first_days);
    EXPECT_NEAR(*whole.result().from_first_days, *second.result().from_first_days, 1e-9);
  }
}

TEST(ScoreDriftTest, RefusesAFileThatIsWrong) {
  ScoreDrift drift(validated());
  ScoringCamera camera{.seed = 1};
  camera.play(drift, kFirstDay, 2);
  for (const char* key : {"today", "started", "learning", "first_days", "rate_sum"}) {
    Json json = drift.to_json();
    json[key] = "wrong";
    ScoreDrift other(validated());
    EXPECT_THROW(other.restore(JsonField(json, "drift")), Error) << key;
  }
}

}  // namespace
}  // namespace mainstream
