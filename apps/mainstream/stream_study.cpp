#include "stream_study.hpp"

#include <fmt/format.h>

#include "core/progress.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "package/sha256.hpp"
#include "picture_packages.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kQuickApps = 4, kQuickPictures = 120;
constexpr double kQuickSeconds = 60;

// A part of it, in seconds.
StreamArguments quick(StreamArguments arguments, const PictureSets& sets) {
  std::vector<std::string>& apps = arguments.compose.options.apps;
  if (apps.empty()) apps = sets.names();
  if (apps.size() > kQuickApps) apps.resize(kQuickApps);
  arguments.candidates = "exits";
  arguments.pictures_per_app = std::min(arguments.pictures_per_app, kQuickPictures);
  arguments.compose.options.seconds = std::min(arguments.compose.options.seconds, kQuickSeconds);
  return arguments;
}

double mean_length(const std::pair<double, double>& range) {
  return (range.first + range.second) / 2;
}

// The share of the time that each app's events take.
double frequency_of(const ComposeOptions& options, const PictureSets& sets) {
  return options.frequency.value_or(1 / static_cast<double>(sets.classes.size()));
}

PicturePackages packages_for(const StreamArguments& arguments, const ComposeOptions& compose,
                             const PictureSets& sets) {
  PicturePackages packages{.base = arguments.base,
                           .pictures = sets,
                           .apps = compose.apps,
                           .at_most = arguments.pictures_per_app,
                           .candidates = arguments.candidates,
                           .event_length_ms = mean_length(compose.event_ms),
                           .event_frequency = frequency_of(compose, sets),
                           .seed = compose.seed};
  packages.folder = packages.own_folder(arguments.work);
  return packages;
}

// All that a stream depends on, in its folder's name.
std::filesystem::path stream_folder(const std::filesystem::path& work, const ComposeOptions& o,
                                    const PictureSets& sets) {
  std::string text =
      fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}\n", joined(o.apps, ","), o.width, o.height, o.fps,
                  o.seconds, o.event_ms.first, o.event_ms.second, o.other_ms.first, o.other_ms.second,
                  o.frequency.value_or(0), o.hold_ms, o.seed);
  for (const PictureClass& one : sets.classes) {
    text += one.name + "\n";
    for (const auto& path : one.streams) text += picture_line(path);
  }
  return work / fmt::format("stream-{}", sha256(text).substr(0, 12));
}

}  // namespace

void add_compose_options(Command command, ComposeArguments& arguments) {
  ComposeOptions& options = arguments.options;
  command
      .add_option("--pictures", arguments.pictures,
                  "Folders of pictures: DIR/val/CLASS/* (a fifth of DIR/CLASS/*, by the seed, where there is "
                  "no val/); training uses the others")
      .required();
  command.add_option("--app", options.apps, "Classes whose stretches are events (default: all)");
  command.add_option("--fps", options.fps, "Frames per second of the stream").show_default();
  command.add_option("--seconds", options.seconds, "About how long the stream is").show_default();
  command.add_option("--event-ms", arguments.event_ms, "SHORTEST LONGEST event").takes(2).show_default();
  command.add_option("--other-ms", arguments.other_ms, "SHORTEST LONGEST stretch of a class without app")
      .takes(2)
      .show_default();
  command.add_option("--frequency", options.frequency,
                     "Share of the time that each app's events take (default: the same for all classes)");
  command.add_option("--hold-ms", options.hold_ms, "A picture stays so long, then another of its class comes")
      .show_default();
  command.add_option("--size", arguments.size, "WIDTH HEIGHT of the stream").takes(2).show_default();
  command.add_option("--seed", options.seed, "The same seed gives the same stream").show_default();
}

ComposeOptions compose_options(const ComposeArguments& arguments, const PictureSets& sets) {
  ComposeOptions options = arguments.options;
  if (options.apps.empty()) options.apps = sets.names();
  options.event_ms = {arguments.event_ms.front(), arguments.event_ms.back()};
  options.other_ms = {arguments.other_ms.front(), arguments.other_ms.back()};
  options.width = arguments.size.front();
  options.height = arguments.size.back();
  return options;
}

ComposedStream compose_once(const PictureSets& sets, const ComposeOptions& options,
                            const std::filesystem::path& folder, const std::stop_token& stop) {
  ComposedStream files = composed_files(folder);
  if (std::filesystem::exists(files.record)) return files;
  std::optional<Progress> progress;  // not before there is any
  return compose_stream(sets, options, folder, stop, [&](std::int64_t done, std::int64_t all) {
    if (!progress) progress.emplace("composing frames", static_cast<std::uint64_t>(all));
    progress->update(static_cast<std::uint64_t>(done));
  });
}

void add_stream_options(Command command, StreamArguments& arguments) {
  command.add_option("--base", arguments.base, "Prepared base").show_default();
  add_compose_options(command, arguments.compose);
  command.add_option("--candidates", arguments.candidates, "What to train: exits or all")
      .show_default()
      .one_of({"exits", "all"});
  command
      .add_option("--pictures-per-app", arguments.pictures_per_app,
                  "At most so many training pictures, half of them of the app's class")
      .show_default()
      .within(10, 1000000);
  command
      .add_option("--threads", arguments.threads,
                  "Threads of the engine that schedules are made for, and of real runs; 0: as `mainstream "
                  "run` would take")
      .show_default()
      .within(0, 4096);
  command
      .add_option("--work", arguments.work,
                  "Folder for packages, streams and scores, which all experiments on streams share")
      .show_default();
}

struct StreamStudy::Recorded {
  Mix mix;
  Costs costs;
  ClipScores scores, clip;  // on the stream; on the clip that tables are measured on
  std::optional<TenantPool> pool;
};

StreamStudy::StreamStudy(const StreamArguments& arguments, const ExperimentSetup& setup)
    : sets_(read_picture_sets(arguments.compose.pictures, arguments.compose.options.seed)),
      arguments_(setup.quick ? quick(arguments, sets_) : arguments),
      setup_(setup) {
  ComposeOptions options = compose_options(arguments_.compose, sets_);
  const PicturePackages packages = packages_for(arguments_, options, sets_);
  const auto [most, rest] = part_streams(sets_, options.seed);
  stream_ = compose(most, options);
  options.seconds /= 2;
  ++options.seed;
  clip_ = compose(rest, options);
  const std::string shown = joined(sets_.parts, "; ");
  inform(fmt::format("Stream: {} (pictures: {})\n", stream_.video.string(), clean(shown, kMostMessage)));
  setup_.options.emplace_back("pictures of the stream", shown);
  train_packages(packages);
  all_ = record(packages.paths(), "recording");
  if (!packages.tails_only().empty()) tails_ = record(packages.tails_only(), "recording of tails only");
}

StreamStudy::~StreamStudy() = default;

ScoredStream StreamStudy::compose(const PictureSets& sets, const ComposeOptions& options) const {
  const auto folder = stream_folder(arguments_.work, options, sets);
  const ComposedStream files = compose_once(sets, options, folder, setup_.stop);
  return {files.video, files.labels, options.fps};
}

std::unique_ptr<StreamStudy::Recorded> StreamStudy::record(const std::vector<std::filesystem::path>& packages,
                                                           const std::string& what) {
  auto recorded = std::make_unique<Recorded>();
  const VideoInfo info = VideoReader(stream_.video.string(), setup_.stop).info();
  recorded->mix = read_mix(arguments_.base, packages, "stream", stream_.fps, info.width, info.height);
  const Engine measured({.threads = engine_threads(arguments_.threads, recorded->mix)});  // as the run has
  recorded->costs = known_costs(measured, recorded->mix);
  const auto scores_on = [&](const ScoredStream& stream) {
    Progress progress("recording scores", static_cast<std::uint64_t>(read_labels(stream.labels).frames));
    return kept_scores(
        engine_, recorded->mix, stream, arguments_.work / "scores", setup_.stop,
        [&](std::int64_t done, std::int64_t) { progress.update(static_cast<std::uint64_t>(done)); });
  };
  recorded->scores = scores_on(stream_);
  recorded->clip = scores_on(clip_);
  recorded->pool.emplace(TrainedMix{recorded->mix, recorded->costs, recorded->scores}, &recorded->clip);
  setup_.options.emplace_back(what, recording_id(recorded->mix, stream_));
  return recorded;
}

TenantPools StreamStudy::pools() const {
  return {*all_->pool, tails_ ? &*tails_->pool : nullptr};
}

RealRunOptions StreamStudy::run_options() const {
  return {.base = arguments_.base,
          .stream = stream_,
          .threads = arguments_.threads,
          .stop = setup_.stop,
          .frame_log = setup_.output / "run.frames.csv"};
}

}  // namespace mainstream
