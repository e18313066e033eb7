#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "eval/html.hpp"
#include "eval/plot.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PlotTest, DrawsLinesAndSpans) {
  Plot plot;
  plot.title = "F1 of \"it's\" <budget>";
  plot.series = {{"a", {{1, 0.5}, {2, 0.7}}, PlotSeries::Style::lines, 1},
                 {"", {{0, 1}, {3, 1}, {5, 1}, {6, 1}}, PlotSeries::Style::spans, 0},
                 {"none", {}, PlotSeries::Style::marks, 2}};
  plot.y_names = {{1, "app"}};
  const std::string svg = draw_svg(plot);
  EXPECT_THAT(svg, HasSubstr("<svg"));
  EXPECT_THAT(svg, HasSubstr("it's"));
  EXPECT_THAT(svg, HasSubstr("app"));
}

TEST(PlotTest, PlacesOnALogarithmicAxisCanHaveNames) {
  Plot plot;
  plot.series = {{"a", {{1, 0.5}, {100, 0.7}}, PlotSeries::Style::lines, 1, {0.1, 0}}};
  plot.x_names = {{1, "1 %"}, {100, "no budget"}};
  plot.logarithmic_x = true;
  EXPECT_THAT(draw_svg(plot), HasSubstr("no budget"));
}

TEST(PlotTest, AnEmptyPlotIsAnError) {
  EXPECT_ERROR(failed, draw_svg({}), "has no points");
}

TEST(HtmlReportTest, TextFromOutsideIsEscaped) {
  const TestFolder folder;
  HtmlReport report("a < b");
  report.heading("h");
  report.table({{"app"}, {"<script>alert(1)</script>"}});
  report.list({"<script>"});
  report.folded_table("<script>", {{"<script>"}});
  const std::vector<std::uint8_t> jpeg{1};
  report.pictures({{jpeg, "<script>\"", "<script>"}, {{}, "<script>", ""}});
  report.write(folder / "r.html");
  const std::string html = read_file(folder / "r.html");
  EXPECT_THAT(html, HasSubstr("<h1>a &lt; b</h1>"));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace mainstream
