#include "picture_packages.hpp"

#include <fmt/format.h>

#include "clip_packages.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"
#include "eval/experiment.hpp"
#include "package/sha256.hpp"
#include "trainer_program.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr int kAllThreads = 0;  // as many as the trainer may use

Words training_words(const fs::path& base, const fs::path& pictures, const std::string& candidates,
                     std::uint64_t seed, int threads, const fs::path& package) {
  return {
      "train",         "--base", base.string(),        "--images",  pictures.string(),       "--candidates",
      candidates,      "--seed", std::to_string(seed), "--threads", std::to_string(threads), "-o",
      package.string()};
}

void train_app(const PicturePackages& packages, const std::string& app, const std::string& candidates,
               const fs::path& package) {
  if (fs::exists(package)) return;
  const fs::path pictures = packages.folder / "pictures" / app;
  link_one_against_rest(packages.pictures, app, packages.at_most, packages.seed, pictures);
  fs::create_directories(package.parent_path());
  Words words = training_words(packages.base, pictures, candidates, packages.seed, kAllThreads, package);
  words.insert(words.end(),
               {"--positive", app, "--event-length-ms", fmt::format("{}", packages.event_length_ms),
                "--event-frequency", fmt::format("{}", packages.event_frequency), "--work",
                (packages.folder / "work" / app).string()});
  run_trainer(words);
}

// Names what this trainer makes of the base and of what `text` tells.
std::string training_id(const fs::path& base, const std::string& text) {
  return sha256(fmt::format("trainer {}\nbase {}\n{}", trainer_sha256(), contents_id(base), text))
      .substr(0, 12);
}

}  // namespace

std::string picture_line(const fs::path& path) {
  std::error_code gone;
  return fmt::format("{} {}\n", fs::absolute(path).string(), fs::file_size(path, gone));
}

std::vector<fs::path> PicturePackages::paths() const {
  return package_paths(folder, apps);
}

std::vector<fs::path> PicturePackages::tails_only() const {
  if (candidates == "exits") return {};
  return package_paths(folder / "tails", apps);
}

fs::path PicturePackages::own_folder(const fs::path& all) const {
  std::string text = fmt::format("at most {}\ncandidates {}\nlength {}\nfrequency {}\nseed {}\n", at_most,
                                 candidates, event_length_ms, event_frequency, seed);
  for (const PictureClass& one : pictures.classes) {
    text += fmt::format("class {}\n", one.name);
    for (const fs::path& path : one.training) text += picture_line(path);
  }
  return all / fmt::format("packages-{}", training_id(base, text));
}

void train_packages(const PicturePackages& packages) {
  const std::vector<fs::path> all = packages.paths(), tails = packages.tails_only();
  for (std::size_t i = 0; i < packages.apps.size(); ++i) {
    inform(fmt::format("== app {} of {}: {}\n", i + 1, packages.apps.size(), clean(packages.apps[i])));
    // Tails are trained once for both kinds of package.
    if (!tails.empty()) train_app(packages, packages.apps[i], "tails", tails[i]);
    train_app(packages, packages.apps[i], packages.candidates, all[i]);
    fs::remove_all(packages.folder / "work" / packages.apps[i]);
  }
}

fs::path train_on_pictures(const fs::path& base, const fs::path& pictures, const std::string& candidates,
                           std::uint64_t seed, int threads, const fs::path& folder) {
  const std::string text =
      fmt::format("pictures {}\ncandidates {}\nseed {}\n", fs::absolute(pictures).string(), candidates, seed);
  fs::path package = folder / fmt::format("{}-{}.mpkg", candidates, training_id(base, text));
  if (fs::exists(package)) return package;
  fs::create_directories(folder);
  run_trainer(training_words(base, pictures, candidates, seed, threads, package));
  return package;
}

}  // namespace mainstream
