#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "commands.hpp"
#include "core/file.hpp"
#include "core/sha256.hpp"
#include "core/stop.hpp"
#include "eval/comparison_report.hpp"
#include "eval/mode_comparison.hpp"
#include "mainstream/error.hpp"
#include "mainstream/package.hpp"
#include "text_table.hpp"
#include "trainer_program.hpp"

namespace mainstream {
namespace {

struct DemoArguments {
  std::filesystem::path base = "models/mainstream-small.onnx";
  std::string video = ".cache/sample/vtest.avi";
  std::filesystem::path labels = "data/pets2009-s2l1/labels.csv";
  std::filesystem::path output = "out/demo";
  std::vector<std::string> apps;  // none: the six that fit into a demo's time, or all of other labels
  std::vector<double> budgets;
  std::int64_t training_frames = 398;
  double stream_fps = 10;
  int threads = 0;
};

std::filesystem::path package_of(const DemoArguments& arguments, const std::string& app) {
  return arguments.output / (app + ".mpkg");
}

// What the packages in the output folder were trained from; those of another training are of no use here, and
// could have seen the frames that are kept for the runs.
void forget_other_training(const DemoArguments& arguments, const Base& base) {
  const std::filesystem::path note = arguments.output / "training.txt";
  const std::string wanted =
      fmt::format("base {}\nvideo {}\nlabels {}\nframes 0..{}\n", base.id, arguments.video,
                  sha256(read_file(arguments.labels)), arguments.training_frames - 1);
  if (std::filesystem::exists(note) && read_file(note) == wanted) return;
  for (const auto& entry : std::filesystem::directory_iterator(arguments.output)) {
    const auto extension = entry.path().extension();
    if (extension == ".mpkg" || extension == ".work") std::filesystem::remove_all(entry.path());
  }
  write_file(note, wanted);
}

// The clip's apps about places. The other two of its labels (a crowd's size, the left edge with few examples)
// are harder, and would make the demo longer by a third.
constexpr const char* kApps[] = {"crossing", "gravel", "near-road", "right-edge", "sign", "stone"};

std::vector<std::string> default_apps(const Labels& labels) {
  if (std::all_of(std::begin(kApps), std::end(kApps),
                  [&](const char* app) { return labels.apps.contains(app); })) {
    return {std::begin(kApps), std::end(kApps)};
  }
  std::vector<std::string> all;
  for (const auto& [app, frames] : labels.apps) all.push_back(app);
  return all;
}

// No candidate below 40 % frozen: what the early layers would add is not worth a demo's time.
void train(const DemoArguments& arguments, const std::vector<std::string>& apps) {
  std::vector<std::string> words{"train",
                                 "--base",
                                 arguments.base.string(),
                                 "--video",
                                 arguments.video,
                                 "--labels",
                                 arguments.labels.string(),
                                 "--frames",
                                 fmt::format("0..{}", arguments.training_frames - 1),
                                 "--least-frozen",
                                 "0.4",
                                 "-o",
                                 arguments.output.string(),
                                 "--app"};
  const std::size_t without_apps = words.size();
  for (const std::string& app : apps) {
    if (!std::filesystem::exists(package_of(arguments, app))) words.push_back(app);
  }
  if (words.size() == without_apps) {
    fmt::print(stderr, "all are trained already, in {}\n", arguments.output.string());
    return;
  }
  if (arguments.threads > 0) words.insert(words.end(), {"--threads", std::to_string(arguments.threads)});
  const int status = run_trainer(words);
  if (status != 0) throw Error(ErrorKind::failed, fmt::format("training ended with exit code {}", status));
}

ComparisonOptions comparison_options(const DemoArguments& arguments, const Labels& labels,
                                     const std::vector<std::string>& apps) {
  ComparisonOptions options;
  options.run.base = arguments.base;
  for (const std::string& app : apps) options.run.apps.push_back(package_of(arguments, app));
  options.run.source = arguments.video;
  options.run.stream_fps = arguments.stream_fps;
  options.run.frames = FrameRange{arguments.training_frames, labels.frames - 1};
  options.run.threads = arguments.threads;
  options.run.show_progress = true;
  options.labels = arguments.labels;
  options.budgets = arguments.budgets;
  options.output = arguments.output;
  return options;
}

void print(const std::vector<std::vector<std::string>>& rows) {
  TextTable table("l" + std::string(rows.front().size() - 1, 'r'), rows.front());
  for (std::size_t i = 1; i < rows.size(); ++i) table.add(rows[i]);
  fmt::print("{}", table.text());
}

void run(const DemoArguments& arguments) {
  const Labels labels = read_labels(arguments.labels);
  if (arguments.training_frames < 1 || arguments.training_frames >= labels.frames) {
    throw Error(ErrorKind::usage, fmt::format("--training-frames {}: the clip has {} labelled frames",
                                              arguments.training_frames, labels.frames));
  }
  std::vector<std::string> apps = arguments.apps;
  for (const std::string& app : apps) (void)labels.of(app);  // must be there
  if (apps.empty()) apps = default_apps(labels);
  const Base base = read_base(arguments.base);
  std::filesystem::create_directories(arguments.output);
  forget_other_training(arguments, base);
  fmt::print(stderr, "== training {} apps on frames 0 to {}\n", apps.size(), arguments.training_frames - 1);
  train(arguments, apps);
  fmt::print(stderr, "== running them on frames {} to {}\n", arguments.training_frames, labels.frames - 1);
  const auto comparison = compare_modes(comparison_options(arguments, labels, apps), stop_on_signal());
  if (!comparison) throw Error(ErrorKind::failed, "interrupted; the trained packages stay");

  std::vector<Manifest> manifests;
  manifests.reserve(apps.size());
  for (const std::string& app : apps) {
    manifests.push_back(MPackage::open(package_of(arguments, app)).manifest());
  }
  const std::filesystem::path report = arguments.output / "report.html";
  write_comparison_report(*comparison, base, manifests, report);
  print(comparison_rows(*comparison, base));
  for (const std::string& reason : comparison->infeasible) fmt::print("no schedule: {}\n", reason);
  fmt::print(
      "Under each app: the share of the base's multiply-adds that it "
      "does not have for itself.\n"
      "Charts and details: {}\n",
      report.string());
}

}  // namespace

void add_demo_command(CLI::App& program) {
  auto* command =
      program.add_subcommand("demo", "Train, schedule, run and score the apps of a labelled clip");
  const auto arguments = std::make_shared<DemoArguments>();
  command->add_option("--base", arguments->base, "Prepared base")->capture_default_str();
  command->add_option("--video", arguments->video, "The clip")->capture_default_str();
  command->add_option("--labels", arguments->labels, "Its labels")->capture_default_str();
  command->add_option("--app", arguments->apps,
                      "Only these of the labels' apps (default: six of the sample clip's eight)");
  command
      ->add_option("--training-frames", arguments->training_frames, "The first so many frames are trained on")
      ->capture_default_str();
  command->add_option("--stream-fps", arguments->stream_fps, "Rate at which the clip is played")
      ->capture_default_str();
  command->add_option("--budget", arguments->budgets,
                      "Busy milliseconds per second to try (default: 1/2 to "
                      "1/32 of what no-sharing uses)");
  command->add_option("--threads", arguments->threads, "0: as many as this process may use")
      ->capture_default_str();
  command->add_option("-o,--output", arguments->output, "Folder for packages, events and the report")
      ->capture_default_str();
  command->footer(
      "Example, from the source tree's root: mainstream demo "
      "--budget 5 --budget 20");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
