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

TEST(PackageProblemTest, CandidatesComeWithWhatThePackageSaysOfThem) {
  Manifest manifest;
  manifest.candidates = {candidate_with(1, 0.5)};
  Candidate& exit = manifest.candidates[0];
  exit.id = "exit-9-14";
  exit.kind = CandidateKind::exit;
  exit.reads = {"a", "b"};
  exit.frozen_layers = 14;
  exit.measured[0].votes = 3;
  const Problem::Candidate entry = describe_app(manifest, std::vector{Precision::f32}).candidates.at(0);
  EXPECT_EQ(entry.id, "exit-9-14");
  EXPECT_EQ(entry.kind, Problem::Candidate::Kind::exit);
  EXPECT_EQ(entry.levels, 2);
  EXPECT_EQ(entry.frozen, 14);
  EXPECT_EQ(entry.measured.at(0).quality, (Quality{1, 0.5, f1_score(1, 0.5)}));
  EXPECT_EQ(entry.measured.at(0).votes, 3);
  EXPECT_EQ(entry.measured.at(0).f1_error, 0.1);
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
  EXPECT_EQ(app.candidates[2].tpr, 0.7);
  EXPECT_EQ(app.candidates[3].tpr, candidate.tpr) << "better than f32 only by chance";

  const std::vector some{Precision::f32, Precision::int8};
  const Problem::App fewer = describe_app(manifest, some);
  ASSERT_EQ(fewer.candidates.size(), 3U);
  EXPECT_EQ(fewer.candidates[2].stem_precision, 1);
}

}  // namespace
}  // namespace mainstream
