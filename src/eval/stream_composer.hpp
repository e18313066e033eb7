// Composes a stream of known events from labelled pictures, as the paper's authors made theirs: the stream is
// a row of stretches, each of which shows one class. A stretch of an app's class is an event of that app;
// classes of no app fill the time between. docs/evaluation.md ("Composed streams") tells what it is good for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "eval/picture_sets.hpp"
#include "mainstream/event.hpp"

namespace mainstream {

struct ComposeOptions {
  std::vector<std::string> apps;  // classes whose stretches are events
  int width = 256, height = 256;  // pixels
  double fps = 14;
  double seconds = 600;                                                // about; stretches are not cut
  std::pair<double, double> event_ms{200, 1000}, other_ms{200, 1000};  // lengths: evenly between the two
  std::optional<double> frequency;  // share of the time for each app; nothing: the same for all classes
  double hold_ms = 300;             // a picture stays so long, then another of its class follows
  std::uint64_t seed = 1;
};

struct Stretch {
  std::size_t shown = 0;  // index into the classes
  FrameRange frames;
};

// The stretches, from frame 0 on without gaps, drawn by the seed. No two events of one app touch. Throws
// usage: options out of range (naming the option of `mainstream experiment compose`), an app that is no
// class, a frequency that leaves no time or that needs other classes where all have apps.
[[nodiscard]] std::vector<Stretch> draw_stretches(const std::vector<std::string>& classes,
                                                  const ComposeOptions& options);

// The truth: each app of the options.
[[nodiscard]] Labels labels_of(const std::vector<Stretch>& stretches, const std::vector<std::string>& classes,
                               const ComposeOptions& options);

struct ComposedStream {
  std::filesystem::path video;   // FOLDER/stream.mp4
  std::filesystem::path labels;  // FOLDER/labels.csv
  std::filesystem::path record;  // FOLDER/stream.json: options, pictures and stretches
};
[[nodiscard]] ComposedStream composed_files(const std::filesystem::path& folder);

// Draws every frame and writes the three files; `record` comes last, so where it is, all are. Within a
// stretch neighbouring frames show one picture, slowly shifted, in slowly changing light, with noise. Equal
// arguments give equal frames. Calls `progress` after each stretch. Throws as draw_stretches and as
// pictures are read; storage; failed when stopped.
ComposedStream compose_stream(const PictureSets& sets, const ComposeOptions& options,
                              const std::filesystem::path& folder, const std::stop_token& stop,
                              const std::function<void(std::int64_t done, std::int64_t all)>& progress = {});

}  // namespace mainstream
