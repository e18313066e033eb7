// Packages that a demo or an experiment trains from a clip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mainstream {

// FOLDER/APP.mpkg of each app.
[[nodiscard]] std::vector<std::filesystem::path> package_paths(const std::filesystem::path& folder,
                                                               const std::vector<std::string>& apps);

struct ClipPackages {
  std::filesystem::path base;
  std::string video;
  std::filesystem::path labels;
  std::string frames;  // training frames: "0..397"
  double fps = 0;      // frame rate of the clip; 0: as the clip states
  std::uint64_t seed = 1;
  std::string candidates;  // exits, tails or all
  std::vector<std::string> apps;
  std::filesystem::path folder;

  // By app: FOLDER/APP.mpkg.
  [[nodiscard]] std::vector<std::filesystem::path> paths() const;
  // Paths of packages of tails alone: FOLDER/tails/APP.mpkg with candidates "all", paths() with "tails", none
  // with "exits".
  [[nodiscard]] std::vector<std::filesystem::path> tails_only() const;
};

// Trains the missing packages. Removes packages of another trainer, base, clip, frame rate, part or kind of
// candidates from the folder: they may have seen validation frames. Tails are trained once for both kinds of
// package. Throws failed when the trainer fails.
void train_packages(const ClipPackages& packages);

}  // namespace mainstream
