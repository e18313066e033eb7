// mainstream base calibrate: measures a base's ranges for int8, and how well number types agree with f32.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>

#include "commands.hpp"
#include "core/progress.hpp"
#include "core/terminal.hpp"
#include "mainstream/base.hpp"
#include "mainstream/calibration.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct CalibrateArguments {
  std::string base, output;
  std::vector<std::filesystem::path> images;
  std::size_t pictures = 200;
  double share = CalibrateOptions().share, least = 0.95;
  int threads = 0;
  bool force = false;
};

// The files, and those in folders at any depth, in an order that mixes folders.
std::vector<std::filesystem::path> picture_files(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    if (!std::filesystem::exists(path)) {
      throw Error(ErrorKind::usage, fmt::format("--images {}: no such file or folder", path.string()));
    }
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  std::ranges::shuffle(files, std::mt19937_64(1));
  return files;
}

// The base's input for each picture. Skips files that are not pictures.
std::vector<std::vector<float>> read_inputs(const CalibrateArguments& arguments, const Base& base) {
  InputScaler scaler(base.input);
  std::vector<std::vector<float>> inputs;
  const auto files = picture_files(arguments.images);
  Progress progress("reading pictures", std::min(arguments.pictures, files.size()));
  for (const auto& file : files) {
    if (inputs.size() == arguments.pictures) break;
    try {
      const Picture picture = read_picture(file);
      inputs.emplace_back(scaler.size());
      scaler.scale(picture, inputs.back());
    } catch (const Error&) {
      continue;
    }
    progress.update(inputs.size());
  }
  constexpr std::size_t kLeast = 10;
  if (inputs.size() < kLeast) {
    throw Error(ErrorKind::usage,
                fmt::format("expected at least {} readable pictures, better hundreds, got {}", kLeast,
                            inputs.size()));
  }
  return inputs;
}

void print_agreement(const Base& base) {
  TextTable table("lrrrr", {"number type", "same top-1", "mean cosine", "lowest cosine", "pictures"});
  for (const auto& [number_type, agreement] : base.agreement) {
    table.add({to_string(number_type), percent(agreement.top1), fmt::format("{:.4f}", agreement.mean_cosine),
               fmt::format("{:.4f}", agreement.lowest_cosine), std::to_string(agreement.inputs)});
  }
  fmt::print("{}", table.text());
}

void check_agreement(const Base& base, const CalibrateArguments& arguments) {
  for (const auto& [number_type, agreement] : base.agreement) {
    if (agreement.top1 >= arguments.least) continue;
    throw Error(
        ErrorKind::failed,
        fmt::format("{}: {} agrees with f32 on {} of the pictures, below {}; nothing is written. {}--force "
                    "writes it anyway",
                    arguments.base, to_string(number_type), percent(agreement.top1), percent(arguments.least),
                    number_type == NumberType::int8 ? "--share 1 or more pictures may help; " : ""));
  }
}

void calibrate(const CalibrateArguments& arguments) {
  Base base = read_base(arguments.base);
  const auto inputs = read_inputs(arguments, base);
  // One half gives the ranges, the other measures agreement.
  const std::span all(inputs);
  const auto seen = all.first(inputs.size() / 2), unseen = all.subspan(inputs.size() / 2);
  const Engine engine({.threads = arguments.threads});
  base.ranges = measure_ranges(engine, base.graph, seen, {.share = arguments.share});
  base.agreement.clear();
  for (const NumberType number_type : {NumberType::bf16, NumberType::int8}) {
    if (!processor_has(number_type)) {
      inform(fmt::format("{}: not supported by this processor, so agreement is not measured\n",
                         to_string(number_type)));
      continue;
    }
    base.agreement[number_type] =
        measure_agreement(engine, base.graph, base.features, unseen, number_type, base.ranges);
  }
  print_agreement(base);
  if (!arguments.force) check_agreement(base, arguments);
  const std::string& output = arguments.output.empty() ? arguments.base : arguments.output;
  write_base(base, output);
  fmt::print("{}: {} ranges\n", output, base.ranges.size());
}

}  // namespace

void add_calibrate_command(Command base) {
  const Command command = base.add_subcommand(
      "calibrate", "Measures a base's ranges for int8, and how well bf16 and int8 agree with f32");
  const auto arguments = std::make_shared<CalibrateArguments>();
  command.add_option("BASE", arguments->base, "A prepared base").required();
  command.add_option("--images", arguments->images, "Pictures, or folders of them; no labels are needed")
      .required();
  command.add_option("-o,--output", arguments->output, "The calibrated base; default: the same file");
  command
      .add_option("--pictures", arguments->pictures, "Most pictures to read; half of them measure agreement")
      .within(10, 100000)
      .show_default();
  command
      .add_option("--share", arguments->share,
                  "Share of an activation's values within its range; the rest is clipped. 1: all (min/max)")
      .within(0.9, 1.0)
      .show_default();
  command
      .add_option("--least-agreement", arguments->least,
                  "Share of pictures on which bf16 and int8 must have the same highest output as f32")
      .within(0.0, 1.0)
      .show_default();
  command.add_flag("--force", arguments->force, "Write the base even where a number type agrees too little");
  command
      .add_option("--threads", arguments->threads,
                  "Number of threads; default: as many as this process may use")
      .within(1, 1024);
  command.footer("Example:\n  mainstream base calibrate base.onnx --images pictures/");
  command.callback([arguments] { calibrate(*arguments); });
}

}  // namespace mainstream
