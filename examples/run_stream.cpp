// Runs apps on a camera or a file and hears of each event, as `mainstream run` does:
//
//   run_stream BASE.onnx SOURCE FPS EVENTS.jsonl PACKAGE.mpkg..
//
//   box: 4.0 s to 5.4 s, peak score 0.99, told after 0.2 s
//   ..
//   240 frames, 61 analysed, 12.3 ms/s busy
//
// SOURCE is a file or any url that FFmpeg opens (rtsp://..). A file is played as fast as it goes.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "mainstream/error.hpp"
#include "mainstream/runner.hpp"

namespace {

// Called by the thread that analyses frames: hand the event on (to a queue, a socket) and return soon.
void on_event(const mainstream::EventRecord& event, double fps) {
  std::printf("%s: %.1f s to %.1f s, peak score %.2f", event.app.c_str(), event.start_seconds,
              event.end_seconds, event.peak_score);
  // The frame that completed its votes: what an alarm would have waited for.
  if (event.confirmed_frame)
    std::printf(", told after %.1f s", static_cast<double>(*event.confirmed_frame - event.frames.first) / fps);
  std::printf("\n");
}

void run(int argc, char** argv) {
  const std::string source = argv[2];
  const double fps = std::atof(argv[3]);
  const bool camera = source.find("://") != std::string::npos;

  mainstream::RunOptions options;
  options.base = argv[1];
  options.source = source;
  options.stream_fps = fps;
  options.events = argv[4];  // JSON Lines, written beside the callback
  options.apps = {argv + 5, argv + argc};
  options.threads = 1;
  options.pace = camera ? mainstream::Pace::live : mainstream::Pace::all;
  options.on_event = [fps](const mainstream::EventRecord& event) { on_event(event, fps); };
  // Without options.budget the runner takes what the machine has to give, and keeps measuring what that is.

  // Returns when the stream ends; a std::stop_token as the second argument ends it sooner.
  const mainstream::RunReport report = mainstream::run(options);
  std::printf("%lld frames, %lld analysed, %.1f ms/s busy\n", static_cast<long long>(report.frames_delivered),
              static_cast<long long>(report.frames_analysed), report.busy_ms_per_s);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: run_stream BASE.onnx SOURCE FPS EVENTS.jsonl PACKAGE.mpkg..\n");
    return 2;
  }
  try {
    run(argc, argv);
  } catch (const mainstream::Error& error) {  // the one type that all of Mainstream throws
    std::fprintf(stderr, "run_stream: %s\n", error.what());
    return mainstream::exit_code(error.kind());
  }
  return 0;
}
