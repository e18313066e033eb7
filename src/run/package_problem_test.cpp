#include "run/package_problem.hpp"

#include <gtest/gtest.h>

namespace mainstream {
namespace {

Candidate candidate_with(double recall, double precision) {
  Candidate candidate;
  candidate.tpr = 0.8;
  candidate.fpr = 0.1;
  candidate.measured.push_back({2, 1, recall, precision, f1_score(recall, precision), 0.1});
  return candidate;
}

TEST(PackageProblemTest, ALuckyMeasurementDoesNotBeatLessFrozenCandidates) {
  Manifest manifest;
  manifest.app = "gate";
  manifest.event.length_ms = 2000;
  manifest.event.frequency = 0.3;
  manifest.candidates = {candidate_with(1, 1), candidate_with(0.5, 0.75), candidate_with(1, 0.75)};
  const Problem::App app = describe_app(manifest, std::vector{Precision::f32});
  ASSERT_EQ(app.candidates.size(), 3U);
  const auto quality = [&](std::size_t i) { return app.candidates[i].measured.at(0).quality; };
  EXPECT_DOUBLE_EQ(quality(0).f1, quality(1).f1);
  EXPECT_LT(quality(1).recall, quality(2).recall);
  EXPECT_DOUBLE_EQ(quality(1).precision, quality(2).precision);  // 0.75 twice, below a lucky 1: all averaged
  EXPECT_DOUBLE_EQ(quality(2).f1, f1_score(quality(2).recall, quality(2).precision));
}

AnswerQuality quality_with(double tpr, double fpr) {
  AnswerQuality quality;
  quality.tpr = tpr;
  quality.fpr = fpr;
  return quality;
}

TEST(PackageProblemTest, EachCombinationOfPrecisionsIsACandidateAndNoneIsBetterThanF32) {
  constexpr PrecisionPair kHalf{Precision::bf16, Precision::bf16}, kMixed{Precision::int8, Precision::f32},
      kSmall{Precision::int8, Precision::int8};
  Manifest manifest;
  Candidate candidate = candidate_with(0.9, 0.8);
  candidate.precisions = {
      {kHalf, candidate_with(1, 1)}, {kMixed, quality_with(0.7, 0.2)}, {kSmall, quality_with(0.95, 0.05)}};
  manifest.candidates = {candidate};
  const std::vector all{Precision::f32, Precision::bf16, Precision::int8};
  const Problem::App app = describe_app(manifest, all);
  ASSERT_EQ(app.candidates.size(), 4U);
  const auto is = [&](std::size_t i, int stem, int tail) {
    return app.candidates[i].stem_precision == stem && app.candidates[i].tail_precision == tail;
  };
  EXPECT_TRUE(is(0, 0, 0) && is(1, 1, 1) && is(2, 2, 0) && is(3, 2, 2));
  EXPECT_EQ(app.candidates[1].measured[0].quality, app.candidates[0].measured[0].quality);
  EXPECT_EQ(app.candidates[2].tpr, 0.7);
  EXPECT_EQ(app.candidates[3].tpr, candidate.tpr) << "better than f32 only by chance";

  const std::vector some{Precision::f32, Precision::int8};
  const Problem::App fewer = describe_app(manifest, some);
  ASSERT_EQ(fewer.candidates.size(), 3U);
  EXPECT_EQ(fewer.candidates[2].stem_precision, 1);
}

}  // namespace
}  // namespace mainstream
