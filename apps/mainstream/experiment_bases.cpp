// mainstream experiment throughput, sharing: what bases give to apps that share them.
#include <fmt/format.h>

#include <memory>

#include "eval/sharing.hpp"
#include "eval/throughput.hpp"
#include "experiment_command.hpp"
#include "mainstream/base.hpp"
#include "picture_packages.hpp"

namespace mainstream {
namespace {

void add_throughput(Command group) {
  struct Arguments {
    std::filesystem::path base = "models/mainstream-small.onnx";
    ThroughputOptions options;
    int duration_ms = 1000;
  };
  const auto arguments = std::make_shared<Arguments>();
  const Command command =
      add_experiment(group, "throughput", "Frames per second for 1 to N apps, by how much they share",
                     [arguments](const ExperimentSetup& setup) {
                       ThroughputOptions options = arguments->options;
                       options.duration = std::chrono::milliseconds(arguments->duration_ms);
                       if (setup.quick) {
                         options.apps = {1, 4};
                         options.repeats = 1;
                         options.duration = std::min(options.duration, std::chrono::milliseconds(200));
                       }
                       return run_throughput(setup, read_base(arguments->base), options);
                     });
  command.add_option("--base", arguments->base, "Prepared base").show_default();
  command.add_option("--apps", arguments->options.apps, "Numbers of apps").show_default().within(1, 1000);
  command.add_option("--streams", arguments->options.streams, "Numbers of streams, each with that many apps")
      .show_default()
      .within(1, 1000);
  command.add_option("--branchpoint", arguments->options.branchpoints,
                     "Tensors up to which apps share (default: four, spread over the multiply-adds)");
  command
      .add_option("--threads", arguments->options.threads,
                  "Threads of all streams together; 0: as many as this process may use")
      .show_default()
      .within(0, 4096);
  command.add_option("--repeats", arguments->options.repeats, "Measurements of each point")
      .show_default()
      .within(1, 1000);
  command.add_option("--duration-ms", arguments->duration_ms, "Length of each measurement")
      .show_default()
      .within(1, 600000);
  command.footer("Example: mainstream experiment throughput --base mobilenet.onnx --streams 1 2 4");
}

struct SharingArguments {
  std::vector<std::filesystem::path> bases, pictures;
  std::uint64_t seed = 1;
  int threads = 0;
};

std::string name_of_folder(std::filesystem::path folder) {
  if (!folder.has_filename()) folder = folder.parent_path();  // "flowers5/"
  return folder.filename().string();
}

// --quick: exits alone.
SharingTask sharing_task(const SharingArguments& arguments, const ExperimentSetup& setup,
                         const std::filesystem::path& base, const std::filesystem::path& pictures) {
  SharingTask task{base.stem().string(), name_of_folder(pictures), {}};
  const std::filesystem::path folder = setup.output / fmt::format("{}-{}", task.base, task.pictures);
  task.train = [=, quick = setup.quick] {
    std::vector<std::filesystem::path> packages;
    for (const char* candidates : {"exits", "tails"}) {
      if (quick && !packages.empty()) break;
      packages.push_back(
          train_on_pictures(base, pictures, candidates, arguments.seed, arguments.threads, folder));
    }
    return packages;
  };
  return task;
}

void add_sharing(Command group) {
  const auto arguments = std::make_shared<SharingArguments>();
  const Command command =
      add_experiment(group, "sharing", "Accuracy over the frozen share, for bases and sets of pictures",
                     [arguments](const ExperimentSetup& setup) {
                       std::vector<SharingTask> tasks;
                       for (const auto& pictures : arguments->pictures) {
                         for (const auto& base : arguments->bases)
                           tasks.push_back(sharing_task(*arguments, setup, base, pictures));
                       }
                       return run_sharing(setup, tasks);
                     });
  command.add_option("--base", arguments->bases, "Prepared bases").required();
  command
      .add_option("--pictures", arguments->pictures, "Folders of pictures, as `mainstream train` reads them")
      .required();
  command.add_option("--seed", arguments->seed, "Seed of the trainings").show_default();
  command.add_option("--threads", arguments->threads, "Number of threads; 0: as many as this process may use")
      .show_default()
      .within(0, 4096);
  command.footer(
      "Example: mainstream experiment sharing --base a.onnx b.onnx --pictures flowers5 clothing10");
}

}  // namespace

void add_base_experiments(Command group) {
  add_throughput(group);
  add_sharing(group);
}

}  // namespace mainstream
