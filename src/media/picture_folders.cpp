#include "media/picture_folders.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

// The entries of a folder, sorted, without hidden names.
std::vector<fs::path> entries(const fs::path& folder, bool folders) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const bool hidden = at->path().filename().string().starts_with(".");
    std::error_code unknown;
    const bool fits = folders ? at->is_directory(unknown) : at->is_regular_file(unknown);
    if (!hidden && fits) found.push_back(at->path());
  }
  if (failed) throw Error(ErrorKind::unreadable, folder.string() + ": " + failed.message());
  std::ranges::sort(found);
  return found;
}

std::vector<LabelledPicture> pictures_in(const fs::path& folder, const std::vector<std::string>& classes) {
  std::vector<LabelledPicture> pictures;
  for (const fs::path& class_folder : entries(folder, true)) {
    const auto known = std::ranges::find(classes, class_folder.filename().string());
    if (known == classes.end()) {
      throw Error(ErrorKind::usage, fmt::format("{}: no such class in the training part, expected one of: {}",
                                                class_folder.string(), joined(classes, ", ")));
    }
    const std::vector<fs::path> files = entries(class_folder, false);
    if (files.empty())
      throw Error(ErrorKind::usage, class_folder.string() + ": class folder has no pictures");
    for (const fs::path& file : files) {
      pictures.push_back({file, static_cast<int>(known - classes.begin())});
    }
  }
  return pictures;
}

}  // namespace

PictureFolders find_pictures(const fs::path& folder) {
  const fs::path train = fs::is_directory(folder / "train") ? folder / "train" : folder;
  PictureFolders found;
  for (const fs::path& path : entries(train, true)) found.classes.push_back(path.filename().string());
  if (found.classes.size() < 2) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: expected at least 2 class folders, each with pictures of its class, got {}",
                            train.string(), found.classes.size()));
  }
  found.training = pictures_in(train, found.classes);
  if (train != folder && fs::is_directory(folder / "val")) {
    found.validation = pictures_in(folder / "val", found.classes);
  }
  return found;
}

}  // namespace mainstream
