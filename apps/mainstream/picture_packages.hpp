// Packages that an experiment trains from pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "eval/picture_sets.hpp"

namespace mainstream {

// A picture's path and size, a line of what tells kept results of one list of pictures from those of another.
[[nodiscard]] std::string picture_line(const std::filesystem::path& path);

// Apps that tell one class from the rest. Everything that training depends on, the trainer program too, is in
// the folder's name, so what is in it need not be trained again.
struct PicturePackages {
  std::filesystem::path base;
  PictureSets pictures;
  std::vector<std::string> apps;  // classes
  std::size_t at_most = 600;      // pictures of each app
  std::string candidates;         // exits or all
  double event_length_ms = 600;
  double event_frequency = 0.1;
  std::uint64_t seed = 1;
  std::filesystem::path folder = {};  // of these packages: own_folder()

  [[nodiscard]] std::vector<std::filesystem::path> paths() const;
  // Packages of tails alone; none where candidates are exits.
  [[nodiscard]] std::vector<std::filesystem::path> tails_only() const;
  // ALL/packages-HASH, the hash over what training depends on. Reads the base and the trainer;
  // throws failed when the trainer is missing.
  [[nodiscard]] std::filesystem::path own_folder(const std::filesystem::path& all) const;
};

// Trains the missing packages. Throws failed when the trainer fails, usage for unknown classes.
void train_packages(const PicturePackages& packages);

// Trains a whole set of pictures, each class by itself, with exits or tails alone, unless `folder` has the
// package: FOLDER/CANDIDATES-HASH.mpkg, the hash over what training depends on.
std::filesystem::path train_on_pictures(const std::filesystem::path& base,
                                        const std::filesystem::path& pictures, const std::string& candidates,
                                        std::uint64_t seed, int threads, const std::filesystem::path& folder);

}  // namespace mainstream
