// Packages that a demo or an experiment trains for itself, from a clip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mainstream {

struct ClipPackages {
  std::filesystem::path base;
  std::string base_id;
  std::string video;
  std::filesystem::path labels;
  std::string frames;  // to train on: "0..397"
  double fps = 0;      // of the clip; 0: as it states
  std::uint64_t seed = 1;
  std::string candidates;  // exits, tails or all
  std::vector<std::string> apps;
  std::filesystem::path folder;

  // By app: FOLDER/APP.mpkg.
  [[nodiscard]] std::vector<std::filesystem::path> paths() const;
  // Where there are packages of tails alone: with candidates "all", FOLDER/tails/APP.mpkg; with "tails",
  // those of paths(); with "exits", none.
  [[nodiscard]] std::vector<std::filesystem::path> tails_only() const;
};

// Trains those that are not there yet. What another base, clip, part or kind of candidates left in the folder
// goes: it could have seen frames that are kept for judging. Tails are trained once for both kinds of
// package. Throws failed when the trainer does.
void train_packages(const ClipPackages& packages);

}  // namespace mainstream
