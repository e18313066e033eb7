// Pictures in folders, one folder per class.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "mainstream/input_spec.hpp"

namespace mainstream {

struct LabelledPicture {
  std::filesystem::path path;
  int label = 0;              // index into classes
  Region region = {};         // the part of it that is meant
  std::string occasion = {};  // pictures of one are nearly the same; empty: it has none that is like it
};

struct PictureFolders {
  std::vector<std::string> classes;         // sorted names of the class folders
  std::vector<LabelledPicture> training;    // sorted by path
  std::vector<LabelledPicture> validation;  // from val/; empty when the folder has none
};

// FOLDER/train/CLASS/* with or without FOLDER/val/CLASS/*, or FOLDER/CLASS/*. Names beginning with a dot are
// left out. Throws unreadable for a missing folder; usage for fewer than two classes, an empty class folder,
// a class in val/ that train/ does not have.
[[nodiscard]] PictureFolders find_pictures(const std::filesystem::path& folder);

}  // namespace mainstream
