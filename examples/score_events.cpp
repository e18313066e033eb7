// Scores events against a clip's labels, as `mainstream score` does:
//
//   score_events LABELS.csv EVENTS.jsonl FPS
//
//   app              F1   recall  precision  found  missed  false alarms
//   box           0.800    1.000      0.667      2       0           1.0
//
// LABELS.csv has one row per frame and one column per app (`frame,box,..`, then 0 or 1); EVENTS.jsonl has one event
// per line, as `mainstream run --events` and the example run_stream write them. FPS is the stream's frame rate.
#include <cstdio>
#include <cstdlib>

#include "mainstream/error.hpp"
#include "mainstream/event.hpp"

namespace {

void print(const std::string& app, const mainstream::EventScore& score) {
  // What has no meaning is not there: an app without a true event has no F1.
  const auto text = [](std::optional<double> value) {
    char digits[32] = "-";
    if (value) std::snprintf(digits, sizeof digits, "%.3f", *value);
    return std::string(digits);
  };
  std::printf("%-12s %6s %8s %10s %6.0f %7.0f %13.1f\n", app.c_str(), text(score.f1).c_str(),
              text(score.recall).c_str(), text(score.precision).c_str(), score.counts.found,
              score.counts.missed, score.counts.false_alarms);
}

void score(const char* labels_file, const char* events_file, double fps) {
  const mainstream::Labels labels = mainstream::read_labels(labels_file);

  // Every app of the labels is scored, also one that raised nothing: it has missed all.
  mainstream::EventsByApp detected;
  for (const auto& [app, frames] : labels.apps) detected[app];
  for (const mainstream::EventRecord& event : mainstream::read_events(events_file))
    detected[event.app].push_back(mainstream::detection_of(event));

  // Compare all labelled frames. A run on a part of the clip is compared on that part.
  mainstream::ScoreOptions options;
  options.fps = fps;
  options.frames = {0, labels.frames - 1};
  const mainstream::RunScore result = mainstream::score_run(labels, detected, options);

  std::printf("%-12s %6s %8s %10s %6s %7s %13s\n", "app", "F1", "recall", "precision", "found", "missed",
              "false alarms");
  for (const auto& [app, app_score] : result.apps) print(app, app_score);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: score_events LABELS.csv EVENTS.jsonl FPS\n");
    return 2;
  }
  try {
    score(argv[1], argv[2], std::atof(argv[3]));
  } catch (const mainstream::Error& error) {  // the one type that all of Mainstream throws
    std::fprintf(stderr, "score_events: %s\n", error.what());
    return mainstream::exit_code(error.kind());
  }
  return 0;
}
