// mainstream train: M-Packages from a labelled clip or from folders of pictures.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>

#include "bars.hpp"
#include "commands.hpp"
#include "computing_options.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/trainer.hpp"
#include "net/http_client.hpp"
#include "parse_number.hpp"
#include "train/data/node_pictures.hpp"

namespace mainstream {
namespace {

struct TrainArguments {
  std::filesystem::path base, output, unseen;
  ClipData clip;
  std::vector<std::string> apps;
  std::string frames, branchpoints, candidates = "all";
  PictureData pictures;
  TrainOptions options;
  double memory_gb = 2, event_length_ms = 0, event_frequency = 0;
  std::string node;  // its state directory or url
  std::filesystem::path token_file, node_ca;
};

// "6", "all", or tensors with commas between.
void parse_branchpoints(const std::string& text, TrainOptions& options) {
  if (text.empty()) return;
  if (text == "all") {
    options.all_branchpoints = true;
  } else if (const auto count = parse_number<int>(text)) {
    options.branchpoint_count = *count;
  } else {
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t comma = std::min(text.find(',', begin), text.size());
      options.branchpoints.push_back(text.substr(begin, comma - begin));
      begin = comma + 1;
    }
  }
}

CandidateChoice parse_candidates(const std::string& text) {
  for (const CandidateChoice choice :
       {CandidateChoice::all, CandidateChoice::exits, CandidateChoice::tails}) {
    if (text == to_string(choice)) return choice;
  }
  throw Error(ErrorKind::usage, "--candidates " + in_quotes(text) + ": expected all, exits or tails");
}

// One app goes to the file -o; several go to the folder -o, as APP.mpkg.
std::vector<AppTarget> targets_of(const TrainArguments& arguments) {
  std::vector<std::string> apps = arguments.apps;
  const bool is_folder = apps.size() != 1 || std::filesystem::is_directory(arguments.output);
  if (apps.empty()) {
    for (const auto& [app, labels] : read_labels(arguments.clip.labels).apps) apps.push_back(app);
  }
  std::vector<AppTarget> targets;
  if (is_folder) std::filesystem::create_directories(arguments.output);
  for (const std::string& app : apps)
    targets.push_back({app, is_folder ? arguments.output / (app + ".mpkg") : arguments.output});
  return targets;
}

std::string rate(double value, const Interval& interval) {
  return fmt::format("{:.3f} ({:.2f} to {:.2f})", value, interval.low, interval.high);
}

// F1 at the highest rate, with the best votes.
std::string best_f1(const Candidate& candidate) {
  const MeasuredQuality* best = nullptr;
  for (const MeasuredQuality& row : candidate.measured) {
    if (row.fps == candidate.measured.back().fps && (best == nullptr || row.f1 > best->f1)) best = &row;
  }
  return best == nullptr ? "" : fmt::format("{:.3f} +- {:.3f}", best->f1, best->f1_error);
}

void print(const Manifest& manifest, const std::filesystem::path& package) {
  fmt::print("{}: {}\n", package.string(), manifest.app);
  fmt::print("  {:<24} {:>7} {:>6}  {:<22} {:<22} {}\n", "candidate", "frozen", "top-1", "tpr (90 %)",
             "fpr (90 %)", manifest.candidates.front().measured.empty() ? "" : "event F1 at full rate");
  for (const Candidate& candidate : manifest.candidates) {
    fmt::print("  {:<24} {:>5.1f} % {:>6.3f}  {:<22} {:<22} {}\n", candidate.id,
               100 * candidate.frozen_fraction, candidate.top1, rate(candidate.tpr, candidate.tpr_interval),
               rate(candidate.fpr, candidate.fpr_interval), best_f1(candidate));
  }
}

NodeAccess access_of(const TrainArguments& arguments) {
  NodeAccess access{{}, arguments.node_ca};
  if (!arguments.token_file.empty()) {
    check_private(arguments.token_file, "a token");
    const std::string text = read_file(arguments.token_file, 4096);
    access.token = text.substr(0, text.find_first_of("\r\n"));
  } else if (const char* token = std::getenv("MAINSTREAM_TOKEN")) {
    access.token = token;
  }
  return access;
}

// Where a node's pictures are while an app is trained: beside the folder of finished tails, which takes
// nothing else. The same command makes the same folder again, so a training that was stopped goes on.
class NodePictureFolder {
 public:
  // Throws usage for a folder with anything else.
  explicit NodePictureFolder(const std::filesystem::path& output) : path_(output.string() + ".node") {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(path_, none)) {
      if (entry.path().extension() == ".jpg" || entry.path().extension() == ".tmp") continue;
      throw Error(ErrorKind::usage, path_.string() + " is for pictures of the node, and has " +
                                        in_quotes(entry.path().filename().string()) +
                                        "; move it away, or give another --output");
    }
  }
  ~NodePictureFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  NodePictureFolder(const NodePictureFolder&) = delete;
  NodePictureFolder& operator=(const NodePictureFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

// Without what a url may hold of secrets.
std::string place_of(const TrainArguments& arguments) {
  return arguments.node.find("://") == std::string::npos ? arguments.node : origin_of(arguments.node);
}

void take_node_pictures(TrainArguments& arguments, const std::string& app,
                        const std::filesystem::path& folder) {
  NodePictures found =
      read_node_pictures(arguments.node, app, access_of(arguments), folder, arguments.options.stop);
  const auto right = std::ranges::count(found.pictures, true, &JudgedPicture::positive);
  std::set<std::string> occasions;
  for (const JudgedPicture& picture : found.pictures) occasions.insert(picture.occasion);
  inform(fmt::format(
      "{}, app {}: {} true and {} false events or near misses of {} occasions teach; left out: {} events "
      "that "
      "nobody judged, {} judged ones without a picture, {}\n",
      clean(place_of(arguments)), clean(app), right, std::ssize(found.pictures) - right, occasions.size(),
      found.unjudged, found.pictureless,
      found.knows_missed ? fmt::format("{} missed ones, of which there are no pictures", found.missed)
                         : "missed ones, of which there are no pictures"));
  if (found.pictures.empty() && arguments.pictures.folder.empty()) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: app {} has no judged event with a picture; give verdicts, or "
                            "--images, too",
                            clean(place_of(arguments)), in_quotes(app)));
  }
  arguments.pictures.judged = std::move(found.pictures);
}

void run(TrainArguments& arguments) {
  const bool clip = !arguments.clip.video.empty();
  const bool pictures = !arguments.pictures.folder.empty() || !arguments.node.empty();
  if (clip && !arguments.node.empty()) {
    throw Error(ErrorKind::usage,
                "--from-node brings pictures, which do not go with --video; give --images, or it alone");
  }
  if (clip == pictures) {
    throw Error(ErrorKind::usage, "give either --video and --labels, or --images, or --from-node");
  }
  TrainOptions& options = arguments.options;
  parse_branchpoints(arguments.branchpoints, options);
  options.candidates = parse_candidates(arguments.candidates);
  options.memory = static_cast<std::uint64_t>(arguments.memory_gb * (std::uint64_t{1} << 30));
  options.stop = stop_on_signal();
  if (!arguments.frames.empty()) arguments.clip.frames = parse_frames("--frames", arguments.frames);
  const Base base = read_base(arguments.base);
  Bars bars;
  options.report = [&](const TrainProgress& progress) { bars.report(progress); };

  if (clip) {
    std::vector<AppTarget> targets = targets_of(arguments);
    if (!arguments.unseen.empty()) {
      if (targets.size() != 1)
        throw Error(ErrorKind::usage, "--unseen takes the answers of one app; give one --app");
      targets.front().unseen = arguments.unseen;
    }
    const std::vector<Manifest> manifests = train_from_clip(base, arguments.clip, targets, options);
    bars.end();
    for (std::size_t i = 0; i < targets.size(); ++i) print(manifests[i], targets[i].package);
    return;
  }
  EventModel& event = arguments.pictures.event;
  if (arguments.event_length_ms > 0) event.length_ms = arguments.event_length_ms;
  if (arguments.event_frequency > 0) event.frequency = arguments.event_frequency;
  if (arguments.event_length_ms > 0 && arguments.event_frequency > 0)
    event.origin = EventModel::Origin::given;
  if (!arguments.unseen.empty()) throw Error(ErrorKind::usage, "--unseen goes with --video");
  if (arguments.apps.size() > 1) throw Error(ErrorKind::usage, "pictures train one app; give one --app");
  const std::string app = arguments.apps.empty() ? arguments.output.stem().string() : arguments.apps.front();
  const AppTarget target{app, arguments.output};
  std::optional<NodePictureFolder> folder;
  if (!arguments.node.empty()) take_node_pictures(arguments, app, folder.emplace(arguments.output).path());
  const Manifest manifest = train_from_pictures(base, arguments.pictures, target, options);
  bars.end();
  print(manifest, target.package);
}

void add_clip_options(Command command, TrainArguments& arguments) {
  const std::string group = "From a clip";
  command.add_option("--video", arguments.clip.video, "A clip of a fixed camera").group(group);
  command.add_option("--labels", arguments.clip.labels, "CSV: frame,APP,.. with 0 or 1 for each frame")
      .group(group);
  command
      .add_option("--app", arguments.apps,
                  "Columns of the labels to train, default all; several share the work on the frames")
      .group(group);
  command
      .add_option("--frames", arguments.frames,
                  "FIRST..LAST[,FIRST..LAST..]: what training may see; default all")
      .group(group);
  command
      .add_option("--unseen", arguments.unseen,
                  "Write what the app's best candidate answers to each frame, by models that did not learn "
                  "from it (JSON)")
      .group(group);
  command.add_option("--fps", arguments.clip.fps, "Frames per second, where the clip does not state it")
      .positive()
      .group(group);
}

void add_picture_options(Command command, TrainArguments& arguments) {
  const std::string group = "From pictures";
  command
      .add_option("--images", arguments.pictures.folder,
                  "DIR/train/CLASS/* and DIR/val/CLASS/*, or DIR/CLASS/*, split by the seed")
      .group(group);
  command
      .add_option("--positive", arguments.pictures.positive,
                  "Classes that make an event; default all but the first")
      .group(group);
  command
      .add_option("--validation-share", arguments.pictures.validation_share,
                  "Share of the pictures to validate on, where DIR has no val/")
      .show_default()
      .group(group);
  command.add_flag("--flip,!--no-flip", arguments.pictures.flip, "Views may be mirrored; default yes")
      .group(group);
  command
      .add_option("--event-length-ms", arguments.event_length_ms,
                  "How long an event lasts, which pictures do not show. Default 2000")
      .positive()
      .group(group);
  command
      .add_option("--event-frequency", arguments.event_frequency,
                  "Share of the time that events take up. Default 0.1")
      .within(1e-6, 1.0)
      .group(group);
}

void add_node_options(Command command, TrainArguments& arguments) {
  const std::string group = "From a node";
  command
      .add_option(
          "--from-node", arguments.node,
          "The state directory of a node, or the url of its HTTP API: pictures of the app's events that a "
          "person called true or false, beside --images or alone")
      .group(group);
  command
      .add_option("--token-file", arguments.token_file,
                  "A file with a token for the url, readable by its owner alone; default MAINSTREAM_TOKEN")
      .group(group);
  command
      .add_option("--node-ca", arguments.node_ca,
                  "Certificates that https trusts (PEM); default the system's")
      .group(group);
}

void add_training_options(Command command, TrainArguments& arguments) {
  TrainOptions& options = arguments.options;
  command
      .add_option("--candidates", arguments.candidates,
                  "exits (solved in seconds), tails (fine-tuned), or all: exits, then tails")
      .show_default();
  command.add_option("--branchpoints", arguments.branchpoints,
                     "How many exits and tails, spread over the multiply-adds; or all; or tensors: A,B,..; "
                     "default up to 10 exits, 3 tails");
  command
      .add_option("--least-frozen", options.least_frozen,
                  "Candidates freeze at least this share of the multiply-adds")
      .within(0.0, 1.0)
      .show_default();
  command.add_option("--epochs", options.epochs, "Epochs of the tails; 0: chosen by the number of pictures")
      .show_default();
  command
      .add_option("--views", options.views,
                  "Views of each picture that are learned from: the plain one and changed ones")
      .show_default();
  command.add_option(
      "--learning-rate", options.learning_rate,
      "Peak learning rate of the base's last layer (default: 0.0003 for clips, 0.0005 for pictures)");
  command.add_option("--seed", options.seed, "The same seed gives the same package").show_default();
  add_threads_option(command, options.threads);
  add_device_option(command, options.device, "Where tails learn");
  command
      .add_option("--memory", arguments.memory_gb,
                  "GB for the stem's tensors; beyond that exits pool them, and a file keeps them for tails")
      .within(0.0, 1e6)
      .show_default();
  command.add_option("--work", options.work,
                     "Folder where finished tails stay, for another training of the same apps with other "
                     "--candidates; default OUTPUT.work, until the package is written");
}

}  // namespace

std::vector<FrameRange> parse_frames(const std::string& option, const std::string& text) {
  std::vector<FrameRange> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const std::string_view part = std::string_view(text).substr(begin, comma - begin);
    const std::size_t dots = part.find("..");
    const auto first = parse_number<std::int64_t>(part.substr(0, dots));
    const auto last =
        dots == std::string_view::npos ? std::nullopt : parse_number<std::int64_t>(part.substr(dots + 2));
    if (!first || !last) {
      throw Error(ErrorKind::usage,
                  option + " " + in_quotes(text) +
                      ": expected FIRST..LAST, or several with commas, like 0..132,265..397");
    }
    parts.push_back({*first, *last});
    begin = comma + 1;
  }
  return parts;
}

void add_train_command(Command program) {
  const Command command = program.add_subcommand(
      "train", "Trains an app's candidates from a labelled clip or from folders of pictures");
  const auto arguments = std::make_shared<TrainArguments>();
  command.add_option("--base", arguments->base, "A prepared base (mainstream base prepare)").required();
  command.add_option("-o,--output", arguments->output, "APP.mpkg; a folder for several apps").required();
  add_clip_options(command, *arguments);
  add_picture_options(command, *arguments);
  add_node_options(command, *arguments);
  add_training_options(command, *arguments);
  command.footer(
      "Run the same command again to resume a stopped training; finished tails are kept. Examples:\n"
      "  mainstream train --base base.onnx --video gate.mp4 --labels gate.csv --app queue -o queue.mpkg\n"
      "  mainstream train --base base.onnx --images flowers/ --positive rose tulip -o flowers.mpkg\n"
      "  mainstream train --base base.onnx --from-node /var/lib/mainstream --app queue -o queue.mpkg");
  command.callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
