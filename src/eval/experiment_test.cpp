#include "eval/experiment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ExperimentSetup little(const TestFolder& folder) {
  return {.name = "little",
          .output = folder / "out",
          .command = "mainstream experiment little --budget 300",
          .options = {{"budget", "300"}}};
}

int measured(const ExperimentSetup& setup, const std::vector<std::string>& names) {
  int count = 0;
  ExperimentResults results(setup, names.size());
  for (const std::string& name : names) {
    const Json cell = results.cell(name, [&] { return Json{{"number", ++count}, {"name", name}}; });
    EXPECT_EQ(cell.at("name"), name);
  }
  return count;
}

TEST(ExperimentTest, FinishedCellsAreKept) {
  const TestFolder folder;
  EXPECT_EQ(measured(little(folder), {"a", "b"}), 2);
  EXPECT_EQ(measured(little(folder), {"a", "b", "c"}), 1);
}

TEST(ExperimentTest, FinishedCellsAreKeptWhenALaterOneFails) {
  const TestFolder folder;
  EXPECT_THROW(
      {
        ExperimentResults results(little(folder), 2);
        (void)results.cell("a", [] { return Json(1); });
        (void)results.cell("b", []() -> Json { throw Error(ErrorKind::failed, "no"); });
      },
      Error);
  EXPECT_EQ(measured(little(folder), {"b"}), 1);
  EXPECT_THAT(read_file(folder / "out/little.json"), HasSubstr("\"a\": 1"));
}

TEST(ExperimentTest, ResultsOfOtherConditionsAreRefused) {
  const TestFolder folder;
  EXPECT_EQ(measured(little(folder), {"a"}), 1);
  ExperimentSetup other = little(folder);
  other.options = {{"budget", "50"}, {"apps", "3"}};
  EXPECT_ERROR(usage, measured(other, {"a"}), "option budget is \"50\", was \"300\"; option apps is \"3\"");
  const std::filesystem::path path = folder / "out/little.json";
  Json kept = parse_json(read_file(path), "kept");
  kept["commit"] = "0123";
  write_file(path, kept.dump());
  EXPECT_ERROR(usage, measured(little(folder), {"a"}), "was \"0123\"; remove it to begin again");
  write_file(path, "{");
  EXPECT_ERROR(untrusted, measured(little(folder), {"a"}), "little.json");
}

TEST(ExperimentTest, AStopEndsTheRunBetweenTwoCells) {
  const TestFolder folder;
  std::stop_source stop;
  ExperimentSetup setup = little(folder);
  setup.stop = stop.get_token();
  ExperimentResults results(setup, 3);
  (void)results.cell("a", [] { return Json(1); });
  (void)results.cell("b", [&] {
    stop.request_stop();
    return Json(2);
  });
  EXPECT_EQ(results.cell("a", [] { return Json(); }), 1);
  EXPECT_ERROR(failed, results.cell("c", [] { return Json(3); }), "keeps 2 finished cells");
}

TEST(ExperimentTest, ReportsNameTheirConditionsAndHoldAllSections) {
  const TestFolder folder;
  ExperimentReport report;
  report.title = "Little";
  report.runs = "2 of each";
  report.spread = "standard error";
  report.figures = {{"apps", "f1"}, {"1,000", "0.5"}};
  report.sections.push_back({.heading = "F1 <b>",
                             .text = {"What it says."},
                             .charts = {{"f1",
                                         {.title = "F1 over apps",
                                          .x_label = "apps",
                                          .y_label = "F1",
                                          .series = {{"ours", {{1, 0.5}, {2, 0.4}}}}}}},
                             .table = {{"apps", "F1"}, {"a|b", "0.50 ± 0.01"}}});
  ExperimentResults results(little(folder), 0);
  const ExperimentFiles files = results.write(report);
  EXPECT_THAT(folder.names(), ElementsAre("out"));
  EXPECT_EQ(read_file(files.csv), "apps,f1\n\"1,000\",0.5\n");
  const std::string markdown = read_file(files.markdown), html = read_file(files.html);
  for (const std::string& text : {markdown, html}) {
    for (const char* part : {"processors", "commit", "experiment little --budget 300", "2 of each",
                             "standard error", "What it says.", "0.50 ± 0.01"})
      EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(markdown,
              HasSubstr("| apps |          F1 |\n| ---- | ----------: |\n| a\\|b | 0.50 ± 0.01 |\n"));
  EXPECT_THAT(markdown, HasSubstr("![F1 over apps](little-f1.svg)"));
  EXPECT_THAT(html, HasSubstr("<svg"));
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  ASSERT_EQ(files.charts.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(files.charts.front()));
}

}  // namespace
}  // namespace mainstream
