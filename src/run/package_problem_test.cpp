#include "run/package_problem.hpp"

#include <gtest/gtest.h>

namespace mainstream {
namespace {

Candidate candidate_with(double recall, double precision) {
  Candidate candidate;
  candidate.tpr = 0.8;
  candidate.fpr = 0.1;
  candidate.by_fps.push_back({2, recall, precision, f1_score(recall, precision), 4, 4});
  return candidate;
}

TEST(PackageProblemTest, ALuckyMeasurementDoesNotBeatLessFrozenCandidates) {
  Manifest manifest;
  manifest.app = "gate";
  manifest.event.length_ms = 2000;
  manifest.event.frequency = 0.3;
  manifest.candidates = {candidate_with(1, 1), candidate_with(0.5, 0.75), candidate_with(1, 0.75)};
  const Problem::App app = describe_app(manifest);
  ASSERT_EQ(app.candidates.size(), 3U);
  const auto quality = [&](std::size_t i) { return app.candidates[i].measured.at(0).quality; };
  EXPECT_DOUBLE_EQ(quality(0).f1, quality(1).f1);
  EXPECT_LT(quality(1).recall, quality(2).recall);
  EXPECT_DOUBLE_EQ(quality(1).precision, quality(2).precision);  // 0.75 twice, below a lucky 1: all averaged
  EXPECT_DOUBLE_EQ(quality(2).f1, f1_score(quality(2).recall, quality(2).precision));
}

}  // namespace
}  // namespace mainstream
