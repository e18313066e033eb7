// mainstream-train evaluate: how good packages are on a labelled clip that they have not seen.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "bars.hpp"
#include "commands.hpp"
#include "core/json.hpp"
#include "core/stop.hpp"
#include "mainstream/error.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {
namespace {

struct EvaluateArguments {
  std::filesystem::path base;
  std::vector<std::filesystem::path> packages;
  ClipData clip;
  std::string frames;
  int threads = 0;
  bool json = false;
};

Json to_json(const CandidateEvaluation& result) {
  Json json{{"app", result.app},
            {"branchpoint", result.branchpoint},
            {"frozen_fraction", result.frozen_fraction},
            {"area_under_roc", nullptr},
            {"tpr", result.tpr},
            {"fpr", result.fpr},
            {"by_fps", Json::array()}};
  if (result.area_under_roc) json["area_under_roc"] = *result.area_under_roc;
  for (const MeasuredQuality& quality : result.by_fps) {
    json["by_fps"].push_back({{"fps", quality.fps},
                              {"recall", quality.recall},
                              {"precision", quality.precision},
                              {"f1", quality.f1}});
  }
  return json;
}

// What the means over apps are made of.
struct Sum {
  double area = 0, areas = 0, full_rate_f1 = 0, f1 = 0, apps = 0;
};

void print(const std::vector<CandidateEvaluation>& results) {
  const std::string row = "{:<14} {:<20} {:>7}  {:>5}  {:>5}  {:>5}  {:>12}  {:>12}\n";
  fmt::print(fmt::runtime(row), "app", "branchpoint", "frozen", "AUC", "tpr", "fpr", "F1 full rate",
             "F1 all rates");
  std::map<double, std::pair<std::string, Sum>, std::greater<>> by_point;
  for (const CandidateEvaluation& result : results) {
    double f1 = 0;
    for (const MeasuredQuality& quality : result.by_fps)
      f1 += quality.f1 / static_cast<double>(result.by_fps.size());
    fmt::print(fmt::runtime(row), result.app, result.branchpoint,
               fmt::format("{:.1f} %", 100 * result.frozen_fraction),
               result.area_under_roc ? fmt::format("{:.3f}", *result.area_under_roc) : "-",
               fmt::format("{:.3f}", result.tpr), fmt::format("{:.3f}", result.fpr),
               fmt::format("{:.3f}", result.by_fps.back().f1), fmt::format("{:.3f}", f1));
    auto& [tensor, sum] = by_point[result.frozen_fraction];
    tensor = result.branchpoint;
    sum.area += result.area_under_roc.value_or(0);
    sum.areas += result.area_under_roc ? 1 : 0;
    sum.full_rate_f1 += result.by_fps.back().f1;
    sum.f1 += f1;
    ++sum.apps;
  }
  for (const auto& [fraction, point] : by_point) {
    const auto& [tensor, sum] = point;
    fmt::print(fmt::runtime(row), fmt::format("mean of {}", sum.apps), tensor,
               fmt::format("{:.1f} %", 100 * fraction),
               sum.areas > 0 ? fmt::format("{:.3f}", sum.area / sum.areas) : "-", "", "",
               fmt::format("{:.3f}", sum.full_rate_f1 / sum.apps), fmt::format("{:.3f}", sum.f1 / sum.apps));
  }
}

void run(EvaluateArguments& arguments) {
  if (!arguments.frames.empty()) arguments.clip.frames = parse_frames("--frames", arguments.frames);
  const Base base = read_base(arguments.base);
  std::vector<MPackage> packages;
  for (const std::filesystem::path& path : arguments.packages) packages.push_back(MPackage::open(path));
  Bars bars;
  EvaluationOptions options;
  options.threads = arguments.threads;
  options.stop = stop_on_signal();
  options.report = [&](const TrainProgress& progress) { bars.report(progress); };
  const std::vector<CandidateEvaluation> results = evaluate_on_clip(base, packages, arguments.clip, options);
  bars.end();
  if (!arguments.json) return print(results);
  Json json = Json::array();
  for (const CandidateEvaluation& result : results) json.push_back(to_json(result));
  fmt::print("{}\n", json.dump(2));
}

}  // namespace

void add_evaluate_command(CLI::App& program) {
  auto* command = program.add_subcommand("evaluate", "Tells how good packages are on a labelled clip");
  const auto arguments = std::make_shared<EvaluateArguments>();
  command->add_option("--base", arguments->base, "The base of the packages")->required();
  command->add_option("PACKAGES", arguments->packages, "APP.mpkg ..")->required();
  command->add_option("--video", arguments->clip.video, "A clip of the same camera")->required();
  command->add_option("--labels", arguments->clip.labels, "CSV: frame,APP,.. with 0 or 1 for each frame")
      ->required();
  command->add_option("--frames", arguments->frames,
                      "FIRST..LAST: frames that training did not see; default all");
  command->add_option("--fps", arguments->clip.fps, "Frames per second, where the clip does not state it")
      ->check(CLI::PositiveNumber);
  command->add_option("--threads", arguments->threads, "0: as many as this process may use")
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "For programs, with the F1 at each frame rate");
  command->footer(
      "AUC: area under the ROC curve over frames. F1: of events, at the full frame rate and as the mean over "
      "all\n"
      "whole frame rates and phases. Example:\n"
      "  mainstream-train evaluate --base base.onnx --video gate.mp4 --labels gate.csv --frames 398..794 "
      "*.mpkg");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
