#include <cstdlib>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "core/testing.hpp"
#include "eval/comparison_charts.hpp"
#include "eval/comparison_json.hpp"
#include "eval/comparison_report.hpp"
#include "eval/comparison_tables.hpp"
#include "eval/testing.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Mainstream finds two of three events, with a false alarm; alone, the app finds one, and at 1 % nothing
// fits.
MadeUpComparison made_up() {
  MadeUpComparison made;
  made.add(kOurs, std::nullopt, "tail-4", {{120, 139}, {180, 189}, {210, 215}});
  made.add(kAlone, std::nullopt, "tail-4", {{120, 139}});
  made.add(kOurs, 0.01, "exit-8", {{122, 130}});
  made.add_infeasible(kAlone, 0.01);
  made.comparison.left_out = {"tails only is left out: there are no packages of tails alone"};
  return made;
}

TEST(ComparisonTablesTest, MeanF1ByBudgetAndMethod) {
  const Rows rows = f1_rows(made_up().comparison);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_THAT(rows[0], ElementsAre("budget", "ms/s", "mainstream", "no-sharing"));
  EXPECT_EQ(rows[1][0], "none");
  EXPECT_EQ(rows[1][1], "-");
  EXPECT_THAT(rows[1][2], testing::StartsWith("0.667 +- "));  // 4 / (4 + 1 + 1)
  EXPECT_THAT(rows[1][3], testing::StartsWith("0.500 +- "));  // 2 / (2 + 2)
  EXPECT_EQ(rows[2][0], "1 %");
  EXPECT_EQ(rows[2][1], "2");
  EXPECT_EQ(rows[2][3], "0 (none fits)");
}

TEST(ComparisonTablesTest, ChoicesByAppAndBudget) {
  const Rows ours = app_rows(made_up().comparison, kMainstream, "±");
  ASSERT_EQ(ours.size(), 3U);
  EXPECT_THAT(ours[0], ElementsAre("app", "budget", "candidate", "frozen share", "fps", "reached", "votes",
                                   "F1", "found", "false alarms", "delay s", "covered"));
  EXPECT_THAT(ours[1], ElementsAre("gate", "none", "tail-4", "40 %", "5", "4.9", "2", HasSubstr("0.667 ± "),
                                   "2 of 3", "1.0", "0.1", "50 %"));
  EXPECT_EQ(ours[2][2], "exit-8");
  EXPECT_EQ(ours[2][8], "1 of 3");
  const Rows alone = app_rows(made_up().comparison, "no-sharing");
  EXPECT_THAT(alone[2], ElementsAre("gate", "1 %", "none fits", "-", "-", "-", "-", HasSubstr("0.000"),
                                    "0 of 3", "0.0", "-", "0 %"));
}

TEST(ComparisonJsonTest, HoldsWhatTheTablesAndPicturesShow) {
  const Comparison comparison = made_up().comparison;
  const Json json = parse_json(to_json(comparison, choose_pictures(comparison)), "demo.json");
  EXPECT_EQ(json["frames"], Json({100, 299}));
  EXPECT_EQ(json["whole_bases_ms_per_s"], 200);
  EXPECT_NEAR(json["mean_always_on_f1"].get<double>(), *always_on_f1(comparison), 1e-12);
  EXPECT_EQ(json["apps"][0]["true_events"], Json({{120, 139}, {180, 199}, {240, 259}}));
  EXPECT_EQ(json["apps"][0]["candidates"][1]["candidate"], "tail-4");
  EXPECT_EQ(json["apps"][0]["candidates"][1]["validation_f1"], 0.9);
  ASSERT_EQ(json["trials"].size(), 4U);
  const Json& free = json["trials"][0];
  EXPECT_TRUE(free["share"].is_null());
  EXPECT_NEAR(free["mean_f1"].get<double>(), 2.0 / 3, 1e-12);
  EXPECT_EQ(free["apps"][0]["candidate"], "tail-4");
  EXPECT_EQ(free["apps"][0]["votes"], 2);
  EXPECT_EQ(free["apps"][0]["reached_fps"], 4.9);
  EXPECT_EQ(free["apps"][0]["reported"].size(), 3U);
  const Json& infeasible = json["trials"][3];
  EXPECT_EQ(infeasible["method"], "no-sharing");
  EXPECT_EQ(infeasible["budget_ms_per_s"], 2);
  EXPECT_EQ(infeasible["feasible"], false);
  EXPECT_EQ(infeasible["reason"], "no schedule fits");
  EXPECT_EQ(infeasible["mean_f1"], 0);
  EXPECT_FALSE(infeasible["apps"][0].contains("candidate"));
  ASSERT_EQ(json["pictures"].size(), 3U);
  EXPECT_EQ(json["pictures"][2]["outcome"], "false alarm");
  EXPECT_EQ(json["pictures"][2]["reported"], Json({210, 215}));
  EXPECT_TRUE(json["pictures"][2]["true"].is_null());
}

TEST(ComparisonChartsTest, F1OverTheShareWithErrors) {
  const Comparison comparison = made_up().comparison;
  const Plot plot = f1_over_budget(comparison);
  EXPECT_TRUE(plot.logarithmic_x);
  EXPECT_THAT(plot.x_names, ElementsAre(testing::Pair(100, "no budget"), testing::Pair(1, "1 %")));
  ASSERT_EQ(plot.series.size(), 3U);
  EXPECT_EQ(plot.series[2].label, "always on");
  const PlotSeries& ours = plot.series[0];
  EXPECT_EQ(ours.label, kMainstream);
  ASSERT_EQ(ours.points.size(), 2U);
  EXPECT_NEAR(ours.points[0].first, 100, 5);
  EXPECT_NEAR(ours.points[0].second, 2.0 / 3, 1e-12);
  EXPECT_EQ(ours.errors.at(0), comparison.trials[0].score.mean_f1_error);
  EXPECT_EQ(plot.series[1].points.at(1).second, 0) << "where no schedule fits";
}

TEST(ComparisonChartsTest, CandidatesByKindAtTheirBestVotes) {
  const Comparison comparison = made_up().comparison;
  EXPECT_THAT(candidates_chart(comparison, CandidateKind::exit).series.at(0).points,
              ElementsAre(testing::Pair(80, 0.7)));
  EXPECT_THAT(candidates_chart(comparison, CandidateKind::tail).series.at(0).points,
              ElementsAre(testing::Pair(40, 0.9)));
}

TEST(ComparisonReportTest, IsOneFileThatTellsAll) {
  const TestFolder folder;
  MadeUpComparison made = made_up();
  made.comparison.conditions["gate"] = "somebody <is> there";
  auto pictures = choose_pictures(made.comparison);
  pictures.at(0).events[0]->jpeg = {'j', 'p', 'g'};
  pictures.at(0).events[1].reset();
  write_comparison_report(made.comparison, pictures, draw_svg(f1_over_budget(made.comparison)),
                          folder / "report.html");
  const std::string html = read_file(folder / "report.html");
  EXPECT_THAT(html, HasSubstr("0 (none fits)"));
  EXPECT_THAT(html, HasSubstr("tails only is left out: there are no packages of tails alone"));
  EXPECT_THAT(html, HasSubstr("gate: somebody &lt;is&gt; there"));
  EXPECT_THAT(html, HasSubstr("data:image/jpeg;base64,anBn"));
  EXPECT_THAT(html, HasSubstr("none missed"));
  EXPECT_THAT(html, HasSubstr("0.667 ± "));
  for (const char* elsewhere : {"src=\"http", "href=\"http", "<link", "<script", "@import"}) {
    EXPECT_THAT(html, Not(HasSubstr(elsewhere)));
  }
}

// Three apps with tails alone, half of whose thresholds are passed, on a clip of three seconds.
class CompareMethodsTest : public testing::Test {
 protected:
  CompareMethodsTest() {
    set_log_level("error");
    std::string labels = "frame,a,b,c\n";
    for (int frame = 0; frame < kClipFrames; ++frame) {
      labels += std::to_string(frame) + (frame / 10 % 2 == 1 ? ",1,0,1\n" : ",0,1,0\n");
    }
    write_file(out_ / "labels.csv", labels);
    options_.run.base = mix_.base_path();
    options_.run.apps = options_.tails_only = mix_.packages();
    options_.run.source = mix_.clip().string();
    options_.run.threads = 1;
    options_.run.frames = FrameRange{20, 49};
    options_.labels = out_ / "labels.csv";
    options_.output = out_ / "out";
  }

  TestMix mix_;
  TestFolder out_;
  ComparisonOptions options_;
};

TEST_F(CompareMethodsTest, RunsAllMethodsUnderAllBudgets) {
  options_.shares = {1e-6, 1};
  testing::internal::CaptureStderr();
  const auto comparison = compare_methods(options_);
  const std::string reported = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(comparison);
  EXPECT_THAT(comparison->shares(), ElementsAre(std::nullopt, 1, 1e-6));
  EXPECT_EQ(comparison->method_names().size(), methods().size());
  ASSERT_EQ(comparison->trials.size(), 3 * methods().size());
  EXPECT_THAT(reported, HasSubstr("18 of 18: no-sharing at 0.0001 %: mean F1 0.000 (no schedule fits)"));
  for (const Trial& trial : comparison->trials) {
    EXPECT_EQ(trial.ran(), trial.share != 1e-6) << trial.name();
    EXPECT_EQ(trial.score.apps.size(), 3U);
    if (!trial.ran()) {
      EXPECT_THAT(trial.reason, HasSubstr("no schedule for 3 apps"));
      EXPECT_EQ(trial.score.mean_f1, 0);
      continue;
    }
    const bool ours = trial.method.name == kMainstream;
    EXPECT_EQ(trial.report.pace, ours && !trial.share ? Pace::live : Pace::all) << trial.name();
    EXPECT_EQ(trial.answers.empty(), !ours);
    EXPECT_EQ(trial.report.mode, trial.method.mode);
  }
  const Trial* half = comparison->find("max-sharing", 1);
  ASSERT_NE(half, nullptr);
  EXPECT_NEAR(*half->budget, comparison->whole_bases_ms_per_s, 1e-9);
  EXPECT_EQ(*half->report.budget, *half->budget);
}

TEST_F(CompareMethodsTest, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  testing::internal::CaptureStderr();
  EXPECT_FALSE(compare_methods(options_, stop.get_token()));
  (void)testing::internal::GetCapturedStderr();
}

TEST_F(CompareMethodsTest, LeavesTailsOnlyOutWhereThereAreNoSuchPackages) {
  options_.tails_only.clear();
  testing::internal::CaptureStderr();
  const auto comparison = compare_methods(options_);
  (void)testing::internal::GetCapturedStderr();
  ASSERT_TRUE(comparison);
  EXPECT_THAT(comparison->left_out,
              ElementsAre("tails only is left out: there are no packages of tails alone"));
  EXPECT_EQ(comparison->trials.size(), methods().size() - 1);
}

}  // namespace
}  // namespace mainstream
