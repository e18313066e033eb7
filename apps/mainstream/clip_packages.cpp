#include "clip_packages.hpp"

#include <fmt/format.h>

#include "core/file.hpp"
#include "eval/experiment.hpp"
#include "package/sha256.hpp"
#include "trainer_program.hpp"

namespace mainstream {
namespace {

std::filesystem::path work_of(const ClipPackages& packages) {
  return packages.folder / "work";
}

// Packages of other data, other options or another trainer are made again.
void forget_other_training(const ClipPackages& packages) {
  const std::filesystem::path note = packages.folder / "training.txt";
  const std::string wanted = fmt::format(
      "trainer {}\nbase {}\nvideo {} {}\nfps {}\nlabels {}\nframes {}\nseed {}\ncandidates {}\n",
      trainer_sha256(), contents_id(packages.base), packages.video, contents_id(packages.video), packages.fps,
      sha256(read_file(packages.labels)), packages.frames, packages.seed, packages.candidates);
  if (std::filesystem::exists(note) && read_file(note) == wanted) return;
  for (const auto& entry : std::filesystem::directory_iterator(packages.folder)) {
    if (entry.path().extension() == ".mpkg") std::filesystem::remove(entry.path());
  }
  std::filesystem::remove_all(packages.folder / "tails");
  std::filesystem::remove_all(work_of(packages));
  write_file(note, wanted);
}

void train(const ClipPackages& packages, const std::string& candidates, const std::filesystem::path& folder) {
  std::vector<std::string> words{"train",         "--base",   packages.base.string(),        "--video",
                                 packages.video,  "--labels", packages.labels.string(),      "--frames",
                                 packages.frames, "--seed",   std::to_string(packages.seed), "--candidates",
                                 candidates,      "--work",   work_of(packages).string(),    "-o",
                                 folder.string(), "--app"};
  const std::size_t without_apps = words.size();
  for (const std::string& app : packages.apps) {
    if (!std::filesystem::exists(folder / (app + ".mpkg"))) words.push_back(app);
  }
  if (words.size() == without_apps) return;
  if (packages.fps > 0) words.insert(words.end(), {"--fps", fmt::format("{}", packages.fps)});
  std::filesystem::create_directories(folder);
  run_trainer(words);
}

}  // namespace

std::vector<std::filesystem::path> package_paths(const std::filesystem::path& folder,
                                                 const std::vector<std::string>& apps) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& app : apps) paths.push_back(folder / (app + ".mpkg"));
  return paths;
}

std::vector<std::filesystem::path> ClipPackages::paths() const {
  return package_paths(folder, apps);
}

std::vector<std::filesystem::path> ClipPackages::tails_only() const {
  if (candidates == "exits") return {};
  return candidates == "tails" ? paths() : package_paths(folder / "tails", apps);
}

void train_packages(const ClipPackages& packages) {
  std::filesystem::create_directories(packages.folder);
  forget_other_training(packages);
  if (packages.candidates == "all") train(packages, "tails", packages.folder / "tails");
  train(packages, packages.candidates, packages.folder);
  std::filesystem::remove_all(work_of(packages));
}

}  // namespace mainstream
