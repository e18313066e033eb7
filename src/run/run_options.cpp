#include "run/run_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "mainstream/error.hpp"
#include "media/source_address.hpp"

namespace mainstream {
namespace {

[[noreturn]] void usage(const std::string& message) {
  throw Error(ErrorKind::usage, message);
}

void check_positive(const std::optional<double>& value, const char* name) {
  if (value && !(*value > 0 && *value < 1e9))
    usage(fmt::format("{}: expected a value above 0, got {}", name, *value));
}

void check_folder_of(const std::optional<std::filesystem::path>& file) {
  if (!file) return;
  const std::filesystem::path folder = file->has_parent_path() ? file->parent_path() : ".";
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return;
  throw Error(ErrorKind::storage, fmt::format("{}: cannot write into its folder", file->string()));
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
  for (const auto* file : {&options.events, &options.frame_log, &options.report}) check_folder_of(*file);
  if (options.stream.empty()) options.stream = default_stream_name(options.source);
  return options;
}

}  // namespace mainstream
