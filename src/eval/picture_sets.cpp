#include "eval/picture_sets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "media/picture_folders.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;

constexpr std::size_t kStreamPart = 5;  // one of so many pictures is for streams

// By class.
std::vector<Paths> by_class(const std::vector<LabelledPicture>& pictures, std::size_t classes) {
  std::vector<Paths> sorted(classes);
  for (const LabelledPicture& picture : pictures)
    sorted[static_cast<std::size_t>(picture.label)].push_back(picture.path);
  return sorted;
}

void keep_some_for_streams(PictureClass& one, std::mt19937_64& random) {
  std::ranges::shuffle(one.training, random);
  const auto kept = static_cast<std::ptrdiff_t>(one.training.size() / kStreamPart);
  one.streams.assign(one.training.begin(), one.training.begin() + kept);
  one.training.erase(one.training.begin(), one.training.begin() + kept);
}

void check_sizes(const PictureClass& one, const fs::path& folder) {
  if (!one.training.empty() && !one.streams.empty()) return;
  throw Error(
      ErrorKind::usage,
      fmt::format("{}: class \"{}\": expected pictures to train on and others for streams, got {} and {}",
                  folder.string(), one.name, one.training.size(), one.streams.size()));
}

void add_folder(PictureSets& sets, const fs::path& folder, std::uint64_t seed) {
  const PictureFolders found = find_pictures(folder);
  const bool apart = !found.validation.empty();
  const auto training = by_class(found.training, found.classes.size());
  const auto validation = by_class(found.validation, found.classes.size());
  std::mt19937_64 random(seed);
  for (std::size_t c = 0; c < found.classes.size(); ++c) {
    PictureClass one{found.classes[c], training[c], validation[c]};
    if (!apart) keep_some_for_streams(one, random);
    check_sizes(one, folder);
    if (std::ranges::count(sets.classes, one.name, &PictureClass::name) > 0) {
      throw Error(ErrorKind::usage, fmt::format("{}: class \"{}\" is also in another folder; an app is named "
                                                "after its class",
                                                folder.string(), one.name));
    }
    sets.classes.push_back(std::move(one));
  }
  sets.parts.push_back(apart ? fmt::format("{}: val/", folder.string())
                             : fmt::format("{}: a fifth, by seed {}", folder.string(), seed));
}

void link_pictures(const Paths& pictures, const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  for (std::size_t i = 0; i < pictures.size() && !failed; ++i) {
    // Numbered, since pictures of two classes may have one name.
    const auto name = fmt::format("{:05}{}", i, pictures[i].extension().string());
    fs::create_symlink(fs::absolute(pictures[i]), folder / name, failed);
  }
  if (failed) throw Error(ErrorKind::storage, fmt::format("{}: {}", folder.string(), failed.message()));
}

// `wanted` pictures of the other classes, as evenly as their numbers allow.
Paths draw_rest(const PictureSets& sets, const std::string& name, std::size_t wanted,
                std::mt19937_64& random) {
  std::vector<Paths> others;
  std::size_t left = 0;
  for (const PictureClass& other : sets.classes) {
    if (other.name == name) continue;
    others.push_back(other.training);
    std::ranges::shuffle(others.back(), random);
    left += other.training.size();
  }
  Paths drawn;
  for (std::size_t i = 0; drawn.size() < wanted && left > 0; ++i) {
    Paths& from = others[i % others.size()];
    if (from.empty()) continue;
    drawn.push_back(std::move(from.back()));
    from.pop_back();
    --left;
  }
  return drawn;
}

}  // namespace

std::vector<std::string> PictureSets::names() const {
  std::vector<std::string> names;
  for (const PictureClass& one : classes) names.push_back(one.name);
  return names;
}

const PictureClass& PictureSets::of(const std::string& name) const {
  const auto found = std::ranges::find(classes, name, &PictureClass::name);
  if (found != classes.end()) return *found;
  throw Error(ErrorKind::usage, fmt::format("the pictures have no class \"{}\", expected one of: {}", name,
                                            joined(names(), ", ")));
}

PictureSets read_picture_sets(const std::vector<fs::path>& folders, std::uint64_t seed) {
  PictureSets sets;
  for (const fs::path& folder : folders) add_folder(sets, folder, seed);
  std::ranges::sort(sets.classes, {}, &PictureClass::name);
  return sets;
}

std::pair<PictureSets, PictureSets> part_streams(const PictureSets& sets, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  PictureSets most = sets, rest = sets;
  for (std::size_t c = 0; c < sets.classes.size(); ++c) {
    Paths& kept = most.classes[c].streams;
    if (kept.size() < 2) {
      throw Error(ErrorKind::usage,
                  fmt::format("class \"{}\": expected at least 2 pictures for streams, got {}",
                              sets.classes[c].name, kept.size()));
    }
    std::ranges::shuffle(kept, random);
    const auto first = kept.end() - static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, kept.size() / 3));
    rest.classes[c].streams.assign(first, kept.end());
    kept.erase(first, kept.end());
  }
  return {std::move(most), std::move(rest)};
}

void link_one_against_rest(const PictureSets& sets, const std::string& name, std::size_t at_most,
                           std::uint64_t seed, const fs::path& folder) {
  if (name == kRest) {
    throw Error(ErrorKind::usage, fmt::format("a class named \"{}\" cannot be told from the rest", kRest));
  }
  std::mt19937_64 random(seed);
  Paths own = sets.of(name).training;
  std::ranges::shuffle(own, random);
  own.resize(std::min(own.size(), at_most / 2));
  std::error_code failed;
  fs::remove_all(folder, failed);
  link_pictures(own, folder / name);
  link_pictures(draw_rest(sets, name, at_most - at_most / 2, random), folder / kRest);
}

}  // namespace mainstream
