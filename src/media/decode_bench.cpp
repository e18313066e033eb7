// What it spares to leave out frames that no other needs.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>

#include "mainstream/media.hpp"

namespace mainstream {
namespace {

// The sample clip, or what the environment variable MAINSTREAM_CLIP names, as H.264 with two B frames between
// others.
std::string clip() {
  static const std::string path = [] {
    const char* given = std::getenv("MAINSTREAM_CLIP");
    const std::string from = given != nullptr ? given : MAINSTREAM_SOURCE_DIR "/.cache/sample/vtest.avi";
    const std::string to = (std::filesystem::temp_directory_path() / "mainstream-decode-bench.mp4").string();
    const std::string command = "ffmpeg -nostdin -y -v error -i " + from +
                                " -vf setpts=N/14/TB -r 14 -t 20 -an -c:v libx264 -preset veryfast -bf 2 " +
                                to;
    return std::system(command.c_str()) == 0 ? to : std::string();
  }();
  return path;
}

void decode(benchmark::State& state) {
  if (clip().empty()) return state.SkipWithError("no clip: script/fetch-sample gets it");
  SourceOptions options;
  options.skip_nonref = state.range(0) != 0;
  double seconds = 0, frames = 0;
  for (auto _ : state) {
    VideoReader reader(clip(), options);
    while (const auto frame = reader.next()) ++frames;
    seconds += 20;
  }
  // Processor milliseconds for a second of video.
  state.counters["ms_per_s"] =
      benchmark::Counter(seconds / 1000, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["frames_per_s"] = frames / seconds;
}
BENCHMARK(decode)
    ->ArgName("needed_only")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace mainstream
