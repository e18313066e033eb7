#include "run/run_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "core/output.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "media/source_address.hpp"

namespace mainstream {
namespace {

[[noreturn]] void usage(const std::string& message) {
  throw Error(ErrorKind::usage, message);
}

void check_positive(const std::optional<double>& value, const char* name) {
  constexpr double kMost = 1e9;
  if (value && !(*value > 0)) usage(fmt::format("{}: expected a value above 0, got {}", name, *value));
  if (value && !(*value < kMost))
    usage(fmt::format("{}: expected less than {}, got {}", name, kMost, *value));
}

// What a path stands for, with links followed; comparable even where nothing is there yet.
std::filesystem::path place_of(const std::filesystem::path& path) {
  std::error_code none;
  const auto place = std::filesystem::weakly_canonical(followed(path), none);
  return none ? path : place;
}

void check_output(const std::filesystem::path& file, const char* what) {
  const std::filesystem::path place = place_of(file);
  if (std::filesystem::is_directory(place)) {
    usage(fmt::format("{}: {} is a folder, expected a file", what, file.string()));
  }
  if (is_passage(file)) return;
  const std::filesystem::path folder = place.has_parent_path() ? place.parent_path() : ".";
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error(ErrorKind::storage, fmt::format("{}: cannot write into its folder", file.string()));
  }
  if (std::filesystem::exists(place) && ::access(place.c_str(), W_OK) != 0) {
    throw Error(ErrorKind::storage, fmt::format("{}: cannot write: {}", file.string(), std::strerror(errno)));
  }
}

// No output is an input or another output. Pipes and devices may be named twice.
void check_outputs(const RunOptions& options) {
  std::map<std::filesystem::path, std::string> taken{{place_of(options.base), "the base"},
                                                     {place_of(options.source), "the source"}};
  for (const auto& app : options.apps) taken.emplace(place_of(app), "an app's package");
  if (options.schedule) taken.emplace(place_of(*options.schedule), "the schedule");
  const std::initializer_list<std::pair<const std::optional<std::filesystem::path>*, const char*>> outputs{
      {&options.events, "events"}, {&options.frame_log, "frame log"}, {&options.report, "report"}};
  for (const auto& [file, what] : outputs) {
    if (!*file) continue;
    check_output(**file, what);
    if (is_passage(**file)) continue;
    const auto [other, is_new] = taken.emplace(place_of(**file), fmt::format("the {}", what));
    if (!is_new) usage(fmt::format("{}: {} is {} of this run too", what, (*file)->string(), other->second));
  }
}

}  // namespace

RunOptions checked(RunOptions options) {
  check_positive(options.budget, "the budget");
  check_positive(options.duration_s, "the duration");
  if (!(options.stream_fps >= 0 && options.stream_fps <= 1000)) {
    usage(fmt::format("the stream's frame rate: expected 0 to 1000 frames per second, got {}",
                      options.stream_fps));
  }
  if (options.frames && !(options.frames->first >= 0 && options.frames->first <= options.frames->last)) {
    usage(fmt::format("expected frames FIRST..LAST with 0 <= FIRST <= LAST, got {}..{}",
                      options.frames->first, options.frames->last));
  }
  if (options.algorithm == Algorithm::no_sharing || options.algorithm == Algorithm::max_sharing ||
      options.algorithm == Algorithm::apart) {
    usage(fmt::format("{} is a mode of running, not an algorithm of mode mainstream",
                      to_string(options.algorithm)));
  }
  check_outputs(options);
  if (options.stream.empty()) options.stream = default_stream_name(options.source);
  if (const std::string fault = name_fault(options.stream); !fault.empty()) {
    usage(fmt::format("the stream's name {} {}", in_quotes(options.stream), fault));
  }
  return options;
}

}  // namespace mainstream
