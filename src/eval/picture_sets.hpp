// Labelled pictures from several folders, in two parts that share no picture: one to train on, one for
// streams (stream_composer.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace mainstream {

struct PictureClass {
  std::string name;
  std::vector<std::filesystem::path> training, streams;
};

struct PictureSets {
  std::vector<PictureClass> classes;  // by name
  std::vector<std::string> parts;     // by folder: "flowers5: val/", "cats: a fifth, by seed 1"

  [[nodiscard]] std::vector<std::string> names() const;
  // Throws usage, naming the known classes.
  [[nodiscard]] const PictureClass& of(const std::string& name) const;
};

// Folders as find_pictures reads them. Where a folder has val/, that is for streams, else a fifth of each
// class is, chosen by the seed. Throws as find_pictures, and usage for a class that two folders have.
[[nodiscard]] PictureSets read_picture_sets(const std::vector<std::filesystem::path>& folders,
                                            std::uint64_t seed);

// Divides the pictures for streams by the seed: two thirds of each class and the last third, at least one of
// each. Throws usage for a class with fewer than two of them.
[[nodiscard]] std::pair<PictureSets, PictureSets> part_streams(const PictureSets& sets, std::uint64_t seed);

// Makes `folder` anew, for training on one class against the rest: FOLDER/NAME and FOLDER/rest with links to
// training pictures. At most half of `at_most` are of the class; of the rest, drawn at random, there are as
// many of each class as there can be. Throws usage and storage.
void link_one_against_rest(const PictureSets& sets, const std::string& name, std::size_t at_most,
                           std::uint64_t seed, const std::filesystem::path& folder);

inline constexpr const char* kRest = "rest";  // the other class's folder

}  // namespace mainstream
