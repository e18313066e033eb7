#include "core/file.hpp"
#include "eval/comparison_charts.hpp"
#include "eval/comparison_json.hpp"
#include "eval/comparison_report.hpp"

namespace mainstream {

ComparisonFiles write_comparison(const Comparison& comparison, const std::filesystem::path& folder,
                                 const std::stop_token& stop) {
  std::vector<AppPictures> pictures = choose_pictures(comparison);
  take_pictures(pictures, comparison.video, stop);
  const std::string chart = draw_svg(f1_over_budget(comparison));
  ComparisonFiles files{folder / "report.html", folder / "f1-over-budget.svg", folder / "demo.json"};
  write_file(files.chart, chart);
  write_file(files.json, to_json(comparison, pictures));
  write_comparison_report(comparison, pictures, chart, files.report);
  return files;
}

}  // namespace mainstream
