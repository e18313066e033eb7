#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "clip_packages.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"
#include "core/terminal.hpp"
#include "eval/comparison_tables.hpp"
#include "eval/plot.hpp"
#include "mainstream/comparison.hpp"
#include "mainstream/error.hpp"
#include "mainstream/package.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct DemoArguments {
  std::filesystem::path base = "models/mainstream-small.onnx";
  std::string video = ".cache/sample/vtest.avi";
  std::filesystem::path labels = "data/pets2009-s2l1/labels.csv";
  std::filesystem::path output = "out/demo";
  std::vector<std::string> apps;  // empty: the six that fit into a demo's time, or all apps of other labels
  std::vector<double> shares{0.3, 0.1, 0.03, 0.01};
  std::int64_t training_frames = 398;
  double stream_fps = 0;  // as the clip states
  std::string candidates = "all";
  // Threads of the runs' engine. The threads of a small network wait for each other, and the decoder needs a
  // processor too: two threads on two cores take three times the measured cost per frame, and budgets no
  // longer match the plan.
  int threads = 1;
};

// The sample clip's apps about places, with the condition of their events (data/pets2009-s2l1). The other two
// labels (a crowd's size, the left edge with few examples) are harder and would make the demo a third longer.
const std::map<std::string, std::string>& sample_apps() {
  static const std::map<std::string, std::string> apps{
      {"crossing", "somebody walks in the middle of the junction"},
      {"gravel", "somebody walks on the road before the gravel mound"},
      {"near-road", "somebody is on the near part of the road, lower right"},
      {"right-edge", "somebody is near the right edge"},
      {"sign", "somebody covers the board on the lamp post, or is hidden by it"},
      {"stone", "somebody walks on the road behind the stone on the lawn's edge"}};
  return apps;
}

bool is_sample(const Labels& labels) {
  return std::ranges::all_of(sample_apps(), [&](const auto& app) { return labels.apps.contains(app.first); });
}

std::vector<std::string> default_apps(const Labels& labels) {
  std::vector<std::string> apps;
  if (is_sample(labels)) {
    for (const auto& [app, condition] : sample_apps()) apps.push_back(app);
  } else {
    for (const auto& [app, frames] : labels.apps) apps.push_back(app);
  }
  return apps;
}

ClipPackages packages_of(const DemoArguments& arguments, const std::vector<std::string>& apps) {
  return {.base = arguments.base,
          .video = arguments.video,
          .labels = arguments.labels,
          .frames = fmt::format("0..{}", arguments.training_frames - 1),
          .fps = arguments.stream_fps,
          .candidates = arguments.candidates,
          .apps = apps,
          .folder = arguments.output};
}

ComparisonOptions comparison_options(const DemoArguments& arguments, const Labels& labels,
                                     const ClipPackages& packages) {
  ComparisonOptions options;
  options.run.base = arguments.base;
  options.run.apps = packages.paths();
  options.tails_only = packages.tails_only();
  options.run.source = arguments.video;
  options.run.stream_fps = arguments.stream_fps;
  options.run.frames = FrameRange{arguments.training_frames, labels.frames - 1};
  options.run.threads = arguments.threads;
  options.labels = arguments.labels;
  options.shares = arguments.shares;
  options.output = arguments.output;
  if (is_sample(labels)) options.conditions = sample_apps();
  return options;
}

// Names first, figures to the right.
std::string text_of(const Rows& rows, std::size_t names) {
  TextTable table(std::string(names, 'l') + std::string(rows.front().size() - names, 'r'), rows.front());
  for (std::size_t i = 1; i < rows.size(); ++i) table.add(rows[i]);
  return table.text();
}

void print(const Comparison& comparison) {
  fmt::print(
      "\nMean event F1 of {} apps on frames that training did not see, with its standard error.\n"
      "Budget: share of what a whole base for each app at the stream's rate would take ({} busy ms/s "
      "here).\n\n"
      "{}\n",
      comparison.apps.size(), milliseconds_text(comparison.whole_bases_ms_per_s),
      text_of(f1_rows(comparison), 1));
  if (const auto floor = always_on_f1(comparison)) {
    fmt::print("An app that is always on would have {:.3f} on average.\n", *floor);
  }
  for (const std::string& method : comparison.left_out) fmt::print("{}.\n", method);
  fmt::print(
      "\nMainstream's choices. Frozen share: of the base's multiply-adds, what comes before the candidate's "
      "branchpoint\n"
      "and can be shared. Votes: positive frames in a row that make an event.\n\n{}\n",
      text_of(app_rows(comparison, kMainstream), 1));
}

void write(const Comparison& comparison, const DemoArguments& arguments) {
  const ComparisonFiles files = write_comparison(comparison, arguments.output, stop_on_signal());
  fmt::print("Report with pictures and charts: {}\nThe chart alone: {}\nAll figures: {}\n",
             files.report.string(), files.chart.string(), files.json.string());
}

void run(const DemoArguments& arguments) {
  require_gnuplot();
  const Labels labels = read_labels(arguments.labels);
  if (arguments.training_frames < 1 || arguments.training_frames >= labels.frames) {
    throw Error(ErrorKind::usage, fmt::format("--training-frames {}: the clip has {} labelled frames",
                                              arguments.training_frames, labels.frames));
  }
  std::vector<std::string> apps = arguments.apps;
  for (const std::string& app : apps) (void)labels.of(app);  // throws if the app has no labels
  if (apps.empty()) apps = default_apps(labels);
  const ClipPackages packages = packages_of(arguments, apps);
  inform(fmt::format("== training {} apps on frames 0 to {}\n", apps.size(), arguments.training_frames - 1));
  train_packages(packages);
  inform(fmt::format("== running them on frames {} to {}\n", arguments.training_frames, labels.frames - 1));
  const auto comparison = compare_methods(comparison_options(arguments, labels, packages), stop_on_signal());
  if (!comparison) throw Error(ErrorKind::failed, "interrupted; the trained packages are kept");
  print(*comparison);
  write(*comparison, arguments);
}

}  // namespace

void add_demo_command(Command program) {
  const Command command =
      program.add_subcommand("demo", "Train, schedule, run and score the apps of a labelled clip");
  const auto arguments = std::make_shared<DemoArguments>();
  command.add_option("--base", arguments->base, "Prepared base").show_default();
  command.add_option("--video", arguments->video, "The clip").show_default();
  command.add_option("--labels", arguments->labels, "The clip's labels").show_default();
  command.add_option("--app", arguments->apps,
                     "Only these of the labels' apps (default: six of the sample clip's eight)");
  command
      .add_option("--training-frames", arguments->training_frames, "Train on this many frames from the start")
      .show_default();
  command.add_option("--stream-fps", arguments->stream_fps, "The clip's frames per second; 0: as it states")
      .within(0.0, 1000.0)
      .show_default();
  command
      .add_option("--share", arguments->shares,
                  "Budgets in addition to none, as shares of what a whole base for each app at the stream's "
                  "rate takes")
      .within(1e-6, 10.0)
      .show_default();
  command
      .add_option("--candidates", arguments->candidates,
                  "What to train: exits (seconds), tails, or all (a minute or two)")
      .one_of({"exits", "tails", "all"})
      .show_default();
  command
      .add_option("--threads", arguments->threads,
                  "Threads of the engine in the runs; 0: as many as this process may use")
      .show_default();
  command.add_option("-o,--output", arguments->output, "Folder for packages, events, figures and the report")
      .show_default();
  command.footer("Example, from the source tree's root: mainstream demo --share 0.2 --share 0.05");
  command.callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
