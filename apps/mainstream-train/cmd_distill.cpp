#include <fmt/format.h>

#include "commands.hpp"
#include "computing_options.hpp"
#include "core/stop.hpp"
#include "mainstream/distill.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

struct DistillArguments {
  std::filesystem::path teacher, student, output;
  std::vector<std::string> videos;
  DistillOptions options;
};

// FILE or FILE:FIRST..LAST
DistillVideo parse_video(const std::string& text) {
  const auto colon = text.rfind(':');
  const auto dots = text.find("..", colon == std::string::npos ? 0 : colon);
  if (colon == std::string::npos || dots == std::string::npos) return {text, std::nullopt};
  try {
    const FrameRange frames{std::stoll(text.substr(colon + 1, dots - colon - 1)),
                            std::stoll(text.substr(dots + 2))};
    if (frames.first < 0 || frames.last < frames.first) throw std::out_of_range(text);
    return {text.substr(0, colon), frames};
  } catch (const std::logic_error&) {
    throw Error(ErrorKind::usage, fmt::format("--video {}: expected FILE or FILE:FIRST..LAST", text));
  }
}

void run(DistillArguments& arguments) {
  DistillOptions& options = arguments.options;
  for (const std::string& video : arguments.videos) options.videos.push_back(parse_video(video));
  if (options.work.empty()) options.work = arguments.output.string() + ".work";
  Base student = read_base(arguments.student);
  student.name = arguments.output.stem().string();
  const auto result = distill(read_base(arguments.teacher), student, options, stop_on_signal());
  if (!result) {
    throw Error(ErrorKind::failed, fmt::format("interrupted; run the same command again to resume from {}",
                                               options.work.string()));
  }
  write_base(result->base, arguments.output);
  fmt::print("{}: {} pictures ({} skipped), held-out loss {:.4f}, id {}\n", arguments.output.string(),
             result->pictures, result->skipped, result->held_out_loss, result->base.id);
}

}  // namespace

void add_distill_command(Command program) {
  const Command command =
      program.add_subcommand("distill", "Train a small base network to see what a big one sees");
  const auto arguments = std::make_shared<DistillArguments>();
  DistillOptions& options = arguments->options;
  command.add_option("--teacher", arguments->teacher, "Prepared base to learn from").required();
  command
      .add_option("--student", arguments->student,
                  "Prepared base of the wanted structure; its weights do not matter")
      .required();
  command.add_option("-o,--output", arguments->output, "The new base").required();
  command.add_option("--images", options.images, "Pictures, or folders of them, without labels");
  command.add_option("--video", arguments->videos, "Videos: FILE or FILE:FIRST..LAST (frames)");
  command.add_option("--video-step", options.video_step, "One picture every so many frames").show_default();
  command.add_option("--views", options.views, "Crops of each picture").show_default();
  command.add_option("--epochs", options.epochs, "Passes over all views; 0 gives the student before training")
      .last_value()  // so that it can be added to a recipe's options
      .show_default();
  command.add_option("--batch", options.batch, "Views per step").show_default();
  command.add_option("--learning-rate", options.learning_rate, "Peak learning rate").show_default();
  command.add_option("--weight-decay", options.weight_decay, "Weight decay of AdamW").show_default();
  command.add_option("--seed", options.seed, "Seed of weights, views and order").show_default();
  add_threads_option(command, options.threads);
  add_device_option(command, options.device, "Where the student learns");
  command.add_option("--work", options.work, "Where views and checkpoints are kept (default: OUTPUT.work)");
  command.footer(
      "Run the same command again to resume an interrupted training. Example:\n"
      "  mainstream base distill --teacher big.onnx --student small.onnx --images pictures/ -o base.onnx");
  command.callback([arguments] { run(*arguments); });
}

}  // namespace mainstream
