// mainstream measure: packages whose figures are of a labelled clip of their camera.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "bars.hpp"
#include "commands.hpp"
#include "computing_options.hpp"
#include "core/stop.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {
namespace {

struct MeasureArguments {
  std::filesystem::path base, output;
  std::vector<std::filesystem::path> packages;
  ClipData clip;
  std::string frames;
  int threads = 0;
};

// One package goes to the file -o; several go to the folder -o, under their names.
std::vector<MeasureTarget> targets_of(const MeasureArguments& arguments) {
  const bool is_folder = arguments.packages.size() != 1 || !arguments.output.has_filename() ||
                         std::filesystem::is_directory(arguments.output);
  std::vector<MeasureTarget> targets;
  for (const std::filesystem::path& path : arguments.packages) {
    targets.push_back(
        {MPackage::open(path), is_folder ? arguments.output / path.filename() : arguments.output});
  }
  return targets;
}

// The row of F1 at the stream's rate with the best votes.
const MeasuredQuality& best_at_full_rate(const std::vector<MeasuredQuality>& table) {
  const auto first = std::ranges::find(table, table.back().fps, &MeasuredQuality::fps);
  return *std::max_element(first, table.end(),
                           [](const auto& one, const auto& other) { return one.f1 < other.f1; });
}

// The candidate that finds events best at the stream's rate.
std::size_t best_candidate(const Manifest& manifest) {
  const auto best = std::ranges::max_element(manifest.candidates, {}, [](const Candidate& candidate) {
    return best_at_full_rate(candidate.measured).f1;
  });
  return static_cast<std::size_t>(best - manifest.candidates.begin());
}

void print(const std::vector<MeasureTarget>& targets, const std::vector<Measurement>& results) {
  const MeasuredOn& clip = *results.front().manifest.measured_on;
  fmt::print("Best candidate of each app on {} at {:g} frames per second:\n\n", clean(clip.clip), clip.fps);
  fmt::print("{:<16} {:<20} {:^13}  {:^13}  {:^13}  {:>9}  {}\n", "", "", "promised", "found", "measured",
             "event F1", "event F1");
  fmt::print("{:<16} {:<20} {:>6} {:>6}  {:>6} {:>6}  {:>6} {:>6}  {:>9}  {}\n", "app", "candidate", "tpr",
             "fpr", "tpr", "fpr", "tpr", "fpr", "as it was", "measured");
  for (const Measurement& result : results) {
    const std::size_t best = best_candidate(result.manifest);
    const CandidateEvaluation& before = result.before[best];
    const Candidate& now = result.manifest.candidates[best];
    const MeasuredQuality& events = best_at_full_rate(now.measured);
    fmt::print(
        "{:<16} {:<20} {:>6.3f} {:>6.3f}  {:>6.3f} {:>6.3f}  {:>6.3f} {:>6.3f}  {:>9.3f}  {:.3f} +- {:.3f}\n",
        clean(result.manifest.app), now.id, before.promised.tpr, before.promised.fpr, before.tpr, before.fpr,
        now.tpr, now.fpr, best_at_full_rate(before.measured).f1, events.f1, events.f1_error);
  }
  fmt::print(
      "\npromised: by the package; found: what its threshold gives on this clip; measured: with the new "
      "threshold.\n"
      "Event F1: at the full rate with the best votes; schedules choose by it. `mainstream package show` has "
      "all candidates.\n\n"
      "Written:\n");
  for (const MeasureTarget& target : targets) fmt::print("  {}\n", clean(target.output.string()));
}

void run(MeasureArguments& arguments) {
  if (!arguments.frames.empty()) arguments.clip.frames = parse_frames("--frames", arguments.frames);
  const Base base = read_base(arguments.base);
  const std::vector<MeasureTarget> targets = targets_of(arguments);
  Bars bars;
  EvaluationOptions options;
  options.threads = arguments.threads;
  options.stop = stop_on_signal();
  options.report = [&](const TrainProgress& progress) { bars.report(progress); };
  const std::vector<Measurement> results = measure_on_clip(base, targets, arguments.clip, options);
  bars.end();
  print(targets, results);
}

}  // namespace

void add_measure_command(Command program) {
  const Command command = program.add_subcommand(
      "measure", "Measures packages on a labelled clip of their camera, and writes them with these figures");
  const auto arguments = std::make_shared<MeasureArguments>();
  command.add_option("PACKAGES", arguments->packages, "APP.mpkg ..").required();
  command.add_option("--base", arguments->base, "The base of the packages").required();
  command
      .add_option("--video", arguments->clip.video,
                  "A clip of the camera from which the packages did not learn")
      .required();
  command.add_option("--labels", arguments->clip.labels, "CSV: frame,APP,.. with 0 or 1 for each frame")
      .required();
  command.add_option("-o,--output", arguments->output, "APP.mpkg; a folder for several packages").required();
  command.add_option("--frames", arguments->frames,
                     "FIRST..LAST[,FIRST..LAST..]: what to measure on; default all");
  command.add_option("--fps", arguments->clip.fps, "Frames per second, where the clip does not state it")
      .positive();
  add_threads_option(command, arguments->threads);
  command.footer(
      "The networks stay as they are; thresholds, error rates, event statistics and the table of event F1 "
      "are those\n"
      "of the clip. That is what apps trained on pictures need before they share a camera. Example:\n"
      "  mainstream measure queue.mpkg crowd.mpkg --base base.onnx --video gate.mp4 --labels gate.csv -o "
      "measured/");
  command.callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
