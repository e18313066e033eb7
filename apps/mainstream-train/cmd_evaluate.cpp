// mainstream-train evaluate: measures packages on a labelled clip that their training did not see.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "bars.hpp"
#include "commands.hpp"
#include "computing_options.hpp"
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

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const Interval& interval) {
  return Json::array({interval.low, interval.high});
}

Json to_json(const CandidateEvaluation& result) {
  const AnswerQuality& promised = result.promised;
  Json json{{"app", result.app},
            {"candidate", result.candidate},
            {"branchpoint", result.branchpoint},
            {"frozen_fraction", result.frozen_fraction},
            {"area_under_roc", or_null(result.area_under_roc)},
            {"tpr", result.tpr},
            {"fpr", result.fpr},
            {"f1", or_null(result.f1)},
            {"best_f1", or_null(result.best_f1)},
            {"promised",
             {{"threshold", promised.threshold},
              {"tpr", promised.tpr},
              {"tpr_interval", to_json(promised.tpr_interval)},
              {"fpr", promised.fpr},
              {"fpr_interval", to_json(promised.fpr_interval)}}},
            {"measured", Json::array()}};
  for (const MeasuredQuality& quality : result.measured) {
    json["measured"].push_back({{"fps", quality.fps},
                                {"votes", quality.votes},
                                {"recall", quality.recall},
                                {"precision", quality.precision},
                                {"f1", quality.f1},
                                {"f1_error", quality.f1_error}});
  }
  return json;
}

// The mean of the values that exist.
class Mean {
 public:
  void add(const std::optional<double>& value) {
    sum_ += value.value_or(0);
    count_ += value ? 1 : 0;
  }
  [[nodiscard]] std::optional<double> value() const {
    return count_ > 0 ? std::optional(sum_ / count_) : std::nullopt;
  }

 private:
  double sum_ = 0, count_ = 0;
};

struct Means {
  double fraction = 0;
  int apps = 0;
  Mean area, tpr, fpr, f1, best_f1;
};

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "-";
}

void print_row(const std::string& app, const std::string& candidate, double fraction,
               std::initializer_list<std::optional<double>> values) {
  fmt::print("{:<14} {:<24} {:>5.1f} %", app, candidate, 100 * fraction);
  for (const auto& value : values) fmt::print(" {:>7}", number(value));
  fmt::print("\n");
}

void print(const std::vector<CandidateEvaluation>& results) {
  fmt::print("{:<14} {:<24} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}\n", "app", "candidate", "frozen", "AUC",
             "tpr", "fpr", "F1", "best F1");
  std::map<std::string, Means> by_candidate;
  for (const CandidateEvaluation& result : results) {
    print_row(result.app, result.candidate, result.frozen_fraction,
              {result.area_under_roc, result.tpr, result.fpr, result.f1, result.best_f1});
    Means& means = by_candidate[result.candidate];
    means.fraction = result.frozen_fraction;
    ++means.apps;
    means.area.add(result.area_under_roc);
    means.tpr.add(result.tpr);
    means.fpr.add(result.fpr);
    means.f1.add(result.f1);
    means.best_f1.add(result.best_f1);
  }
  for (const auto& [candidate, means] : by_candidate) {
    print_row(
        fmt::format("mean of {}", means.apps), candidate, means.fraction,
        {means.area.value(), means.tpr.value(), means.fpr.value(), means.f1.value(), means.best_f1.value()});
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
  fmt::print("{}\n", json_text(json, 2));
}

}  // namespace

void add_evaluate_command(Command program) {
  const Command command =
      program.add_subcommand("evaluate", "Measures how good packages are on a labelled clip");
  const auto arguments = std::make_shared<EvaluateArguments>();
  command.add_option("--base", arguments->base, "The base of the packages").required();
  command.add_option("PACKAGES", arguments->packages, "APP.mpkg ..").required();
  command.add_option("--video", arguments->clip.video, "A clip of the same camera").required();
  command.add_option("--labels", arguments->clip.labels, "CSV: frame,APP,.. with 0 or 1 for each frame")
      .required();
  command.add_option("--frames", arguments->frames,
                     "FIRST..LAST: frames that training did not see; default all");
  command.add_option("--fps", arguments->clip.fps, "Frames per second, where the clip does not state it")
      .positive();
  add_threads_option(command, arguments->threads);
  command.add_flag("--json", arguments->json,
                   "Print JSON, with the F1 at each frame rate and number of votes");
  command.footer(
      "AUC: area under the ROC curve over frames. F1: of events, at the full frame rate, with one vote; best "
      "F1:\n"
      "with the threshold that would have been best. Example:\n"
      "  mainstream-train evaluate --base base.onnx --video gate.mp4 --labels gate.csv --frames 398..794 "
      "*.mpkg");
  command.callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
