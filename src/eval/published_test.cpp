#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "eval/atc18.hpp"
#include "eval/experiment.hpp"
#include "mainstream/problem_json.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

const std::filesystem::path kCurves =
    MAINSTREAM_SOURCE_DIR "/src/schedule/testdata/nine-apps-all-curves.json";
const std::filesystem::path kMeans = MAINSTREAM_SOURCE_DIR "/data/atc18/means.csv";

// python3 -c 'import random; r = random.Random(1337); print([r.random() for _ in range(1001)])'
TEST(PythonRandomTest, GivesPythonsNumbers) {
  PythonRandom random(1337);
  EXPECT_EQ(random.next(), 0.6177528569514706);
  EXPECT_EQ(random.next(), 0.5332655736050008);
  EXPECT_EQ(random.next(), 0.36584835924937553);
  EXPECT_EQ(random.next(), 0.5857873539022715);
  EXPECT_EQ(random.next(), 0.16568728368878083);
  for (int i = 6; i < 1000; ++i) (void)random.next();
  EXPECT_EQ(random.next(), 0.1420757739435693);  // behind the first round of the generator's 624 words
}

// As data/atc18/README.md describes them, drawn by Python.
TEST(Atc18Test, WorkloadsAreTheAuthors) {
  const Atc18Workload first = atc18_workloads(2, 1).front();
  EXPECT_EQ(first[0].curve, "bus");
  EXPECT_EQ(first[0].events, (EventStatistics{400, 0.6, 0.6, 1}));
  EXPECT_EQ(first[1].curve, "redcar");
  EXPECT_EQ(first[1].events, (EventStatistics{400, 0.9, 0.2, 1}));
}

TEST(Atc18Test, AnEventShorterThanTheStrideIsSeenInProportion) {
  // 0.2 s at 2 fps: 0.4 frames of stride 5.
  const double recall = 0.9 * 0.4 / 5, alarms = 0.1 * 0.4 / 5;
  const double precision = 0.5 * recall / (0.5 * recall + 0.5 * alarms);
  EXPECT_NEAR(atc18_f1({200, 0.5, 0.3, 1}, 0.9, 0.1, 2), f1_score(recall, precision), 1e-12);
}

// Their published means of one app, where no heuristic can go wrong.
TEST(Atc18Test, OneAppHasThePublishedMeans) {
  const Problem curves = read_problem(kCurves);
  double sum = 0;
  for (const Atc18Workload& workload : atc18_workloads(1, 100))
    sum += solve(atc18_problem(curves, workload, 150)).mean_f1;
  EXPECT_NEAR(sum / 100, 0.8302, 0.00005);
}

TEST(PublishedTest, AMiniatureAgreesWithWhatWasPublished) {
  const TestFolder folder;
  const ExperimentSetup setup{.name = "published", .output = folder.path(), .command = "test"};
  const PublishedOptions options{.curves = kCurves, .means = kMeans, .budgets = {150}, .most_apps = 2};
  const ExperimentFiles files = run_published(options, setup);
  const Rows figures = parse_csv(read_file(files.csv), "csv");
  ASSERT_EQ(figures.size(), 3U);
  const auto value = [&](const std::string& name) {
    const auto column = std::ranges::find(figures[0], name) - figures[0].begin();
    return std::stod(figures[2].at(static_cast<std::size_t>(column)));
  };
  EXPECT_EQ(value("apps"), 2);
  EXPECT_EQ(value("optimal_proven"), 100);
  EXPECT_GE(value("optimal_f1"), value("their_optimal_f1") - 0.00005);
  EXPECT_NEAR(value("max_sharing_f1"), value("their_max_sharing_f1"), 0.00005);
  for (const char* baseline : {"fast_f1", "greedy_f1", "fixed_f1", "layer_81_f1", "max_sharing_f1"})
    EXPECT_GE(value("optimal_f1") + 1e-6, value(baseline)) << baseline;
  EXPECT_THAT(read_file(files.markdown),
              HasSubstr("100 workloads for each of 2 budgets and numbers of apps"));
  EXPECT_EQ(files.charts.size(), 3U);
}

TEST(PublishedTest, ResultsOfOtherContentsAreRefused) {
  const TestFolder folder;
  const ExperimentSetup setup{.name = "published", .output = folder / "out", .command = "test"};
  const PublishedOptions options{
      .curves = folder / "curves.json", .means = folder / "means.csv", .budgets = {150}, .most_apps = 1};
  const std::string curves = read_file(kCurves), means = read_file(kMeans);
  write_file(options.curves, curves);
  write_file(options.means, means);
  (void)run_published(options, setup);
  write_file(options.means, means.substr(0, means.rfind('\n', means.size() - 2) + 1));  // without the last
  EXPECT_ERROR(usage, run_published(options, setup), "option contents of " + options.means.string() + " is");
  write_file(options.means, means);
  write_file(options.curves, curves + "\n");
  EXPECT_ERROR(usage, run_published(options, setup), "option contents of " + options.curves.string() + " is");
}

TEST(PublishedTest, DamagedFilesAreRefused) {
  const TestFolder folder;
  const ExperimentSetup setup{.name = "published", .output = folder / "out", .command = "test"};
  const auto run_with = [&](const std::string& means) {
    write_file(folder / "means.csv", means);
    return run_published({.curves = kCurves, .means = folder / "means.csv"}, setup);
  };
  EXPECT_ERROR(untrusted, run_with(""), "means.csv: no header");
  EXPECT_ERROR(untrusted, run_with("budget,apps\n1,2\n"), "no column mainstream_f1");
  EXPECT_ERROR(untrusted, run_with("budget,apps\n1\n"), "row 2: expected 2 values, got 1");
  const std::string header = "budget,apps,mainstream_f1,max_sharing_f1,no_sharing_f1,optimum_f1\n";
  EXPECT_ERROR(untrusted, run_with(header + "50,1,x,,,\n"), "row 2, mainstream_f1: expected a number");
}

TEST(TablesTest, CsvIsReadAsItWasWritten) {
  const Rows rows{{"a", "b"}, {"1,5", "say \"x\""}, {"", "two\nlines"}};
  EXPECT_EQ(parse_csv(csv_of(rows), "csv"), rows);
  EXPECT_EQ(parse_csv("a,b\r\n1,2", "csv"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_ERROR(untrusted, parse_csv("a\n\"b", "x.csv"), "x.csv: row 2: a quote does not end");
}

}  // namespace
}  // namespace mainstream
