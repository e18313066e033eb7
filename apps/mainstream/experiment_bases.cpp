// mainstream experiment throughput, sharing: what bases give to apps that share them.
#include <fmt/format.h>

#include <map>
#include <memory>

#include "eval/sharing.hpp"
#include "eval/throughput.hpp"
#include "experiment_command.hpp"
#include "mainstream/base.hpp"
#include "mainstream/error.hpp"
#include "media/picture_folders.hpp"
#include "package/sha256.hpp"
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
  const Command command = add_experiment(
      group, "throughput", "Frames per second for 1 to N apps, by how much they share",
      [arguments](const ExperimentSetup& setup) {
        ThroughputOptions options = arguments->options;
        options.duration = std::chrono::milliseconds(arguments->duration_ms);
        if (setup.quick) {
          options.apps = {1, 4};
          options.repeats = 1;
          options.duration = std::min(options.duration, std::chrono::milliseconds(200));
        }
        return run_throughput(with_contents(setup, {arguments->base}), read_base(arguments->base), options);
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

std::string name_of_folder(const std::filesystem::path& folder) {
  return (folder.has_filename() ? folder : folder.parent_path()).filename().string();  // "flowers5/"
}

std::string name_of_base(const std::filesystem::path& base) {
  return base.stem().string();
}

// Results are kept by these names.
void check_names(const char* option, const std::vector<std::filesystem::path>& paths,
                 std::string (*name_of)(const std::filesystem::path&)) {
  std::map<std::string, std::filesystem::path> by_name;
  for (const std::filesystem::path& path : paths) {
    const auto [other, is_new] = by_name.try_emplace(name_of(path), path);
    if (is_new) continue;
    throw Error(ErrorKind::usage, fmt::format("{}: {} and {} have the same name, by which results are kept",
                                              option, other->second.string(), path.string()));
  }
}

// Tells one list of pictures from another.
std::string list_id(const std::filesystem::path& folder) {
  const PictureFolders found = find_pictures(folder);
  std::string text;
  for (const auto* part : {&found.training, &found.validation}) {
    for (const LabelledPicture& picture : *part) text += picture_line(picture.path);
  }
  return sha256(text).substr(0, 16);
}

// --quick: exits alone.
SharingTask sharing_task(const SharingArguments& arguments, const ExperimentSetup& setup,
                         const std::filesystem::path& base, const std::filesystem::path& pictures,
                         const std::string& list) {
  SharingTask task{name_of_base(base), name_of_folder(pictures), {}};
  const std::filesystem::path folder = setup.output / fmt::format("{}-{}-{}", task.base, task.pictures, list);
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

ExperimentFiles run(const SharingArguments& arguments, const ExperimentSetup& setup) {
  check_names("--base", arguments.bases, name_of_base);
  check_names("--pictures", arguments.pictures, name_of_folder);
  ExperimentSetup all = with_trainer(with_contents(setup, arguments.bases));
  std::vector<SharingTask> tasks;
  for (const auto& pictures : arguments.pictures) {
    const std::string list = list_id(pictures);
    all.options.emplace_back("pictures in " + pictures.string(), list);
    for (const auto& base : arguments.bases)
      tasks.push_back(sharing_task(arguments, setup, base, pictures, list));
  }
  return run_sharing(all, tasks);
}

void add_sharing(Command group) {
  const auto arguments = std::make_shared<SharingArguments>();
  const Command command =
      add_experiment(group, "sharing", "Accuracy over the frozen share, for bases and sets of pictures",
                     [arguments](const ExperimentSetup& setup) { return run(*arguments, setup); });
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
