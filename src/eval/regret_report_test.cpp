#include "eval/regret_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing.hpp"
#include "eval/training_report.hpp"
#include "mainstream/comparison.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;

// Two apps; Mainstream is 0.2 ahead of best fixed on the first and level on the second.
std::vector<RegretPoint> made_up_points() {
  RegretPoint point;
  point.share = 0.1;
  point.budget = 20;
  point.f1 = {{kMainstream, {0.8, 0.6}}, {"best fixed", {0.6, 0.6}}, {kHindsight, {0.9, 0.9}}};
  point.promised = {{kMainstream, 0.7}, {"best fixed", 0.65}};
  return {point};
}

TEST(RegretReportTest, PointsAreKeptAndReadAgain) {
  const Json json = to_json(made_up_points());
  const std::vector<RegretPoint> read = regret_points(JsonField(json, "cell"));
  EXPECT_EQ(to_json(read), json);
  Json damaged = json;
  damaged[0]["f1"][kMainstream][1] = 2;
  EXPECT_ERROR(untrusted, regret_points(JsonField(damaged, "cell")), "cell[0].f1.mainstream[1]");
}

TEST(RegretReportTest, ReportsDifferencesToMainstream) {
  const ExperimentReport report = regret_report({made_up_points(), made_up_points()}, 2);
  const Rows& table = report.sections.front().table;
  EXPECT_THAT(table.at(0), ElementsAre("budget", "mainstream", "best fixed", "hindsight"));
  EXPECT_THAT(table.at(1),
              ElementsAre("10.0 %", "0.700", "0.600 (-0.100 ± 0.058)", "0.900 (+0.200 ± 0.058)"));
}

TEST(TrainingReportTest, ChecksAreKeptReadAgainAndSummarised) {
  CandidateCheck exit;
  exit.app = "gate";
  exit.candidate = "exit-8";
  exit.frozen_fraction = 0.8;
  exit.area = 0.9;
  exit.promised_tpr = 0.7;
  exit.observed_tpr = 0.6;
  exit.tpr_within = true;
  exit.f1 = 0.5;
  exit.best_f1 = 0.75;
  CandidateCheck tail = exit;
  tail.candidate = "tail-4";
  tail.frozen_fraction = 0.4;
  tail.area = {};  // all frames were of one kind
  const Json json = to_json(std::vector{exit, tail});
  const std::vector<CandidateCheck> read = candidate_checks(JsonField(json, "cell"));
  EXPECT_EQ(to_json(read), json);
  const ExperimentReport report = training_report({{"0..9", read}, {"10..19", read}});
  EXPECT_THAT(report.sections.at(0).table.at(1),
              ElementsAre("exit-8", "80.0 %", "0.900", "0.000", "0.250", "0.100", "0.000", "50.0 %"));
  EXPECT_EQ(report.sections.at(0).table.at(2).front(), "tail-4");
  EXPECT_EQ(report.sections.at(1).table.size(), 4U);
}

}  // namespace
}  // namespace mainstream
