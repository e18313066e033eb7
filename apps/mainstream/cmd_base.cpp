// mainstream base prepare | show
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <memory>

#include "base_report.hpp"
#include "commands.hpp"
#include "core/json.hpp"
#include "mainstream/base.hpp"
#include "mainstream/error.hpp"
#include "package/input_json.hpp"

namespace mainstream {
namespace {

struct PrepareArguments {
  std::string input, output, mean = "127.5", scale = "1/127.5", channels = "rgb", resize = "stretch";
  std::string features, name;
  std::int64_t input_size = 0;
};

// "0.5" or "1/255".
float parse_number(const std::string& option, std::string_view text) {
  const auto parse = [](std::string_view part) {
    double value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc() && end == part.data() + part.size() ? value : std::nan("");
  };
  const std::size_t slash = std::min(text.find('/'), text.size());
  const double divisor = slash < text.size() ? parse(text.substr(slash + 1)) : 1;
  const auto value = static_cast<float>(parse(text.substr(0, slash)) / divisor);
  if (!std::isfinite(value)) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: {} is no number; it can be one like 0.5 or 1/255", option, in_quotes(text)));
  }
  return value;
}

// One number for all three channels, or three with commas between.
std::array<float, 3> parse_triple(const std::string& option, const std::string& text) {
  std::vector<float> values;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    values.push_back(parse_number(option, std::string_view(text).substr(begin, comma - begin)));
    begin = comma + 1;
  }
  if (values.size() == 1) return {values[0], values[0], values[0]};
  if (values.size() == 3) return {values[0], values[1], values[2]};
  throw Error(ErrorKind::usage,
              fmt::format("{}: has {} numbers; it can have 1, or 3 in the network's order of channels",
                          option, values.size()));
}

// The options say what the manifest and the base file say, so they go through the same checks.
InputSpec parse_input(const PrepareArguments& arguments) {
  InputSpec input;
  input.mean = parse_triple("--mean", arguments.mean);
  input.scale = parse_triple("--scale", arguments.scale);
  Json json = input_to_json(input);
  json["channels"] = arguments.channels;
  json["resize"] = arguments.resize;
  try {
    return parse_input(JsonField(json, "input options"));
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, error.what());
  }
}

void prepare(const PrepareArguments& arguments) {
  PrepareOptions options;
  options.input = parse_input(arguments);
  options.name =
      arguments.name.empty() ? std::filesystem::path(arguments.output).stem().string() : arguments.name;
  if (!arguments.features.empty()) options.features = arguments.features;
  InputSize input_size;
  if (arguments.input_size > 0) input_size = arguments.input_size;
  const Base base = prepare_base(read_onnx(arguments.input, input_size), options);
  write_base(base, arguments.output);
  fmt::print(stderr, "{}: base {}, {} layers to the features {}, {} branchpoints, id {}\n", arguments.output,
             base.name, base.layers(), in_quotes(base.features), base.branchpoints.size(), base.id);
}

void add_prepare(CLI::App& base) {
  CLI::App* command = base.add_subcommand("prepare", "Makes a base that apps can share of an ONNX network");
  const auto arguments = std::make_shared<PrepareArguments>();
  command->add_option("IN", arguments->input, "The network: a classifier with one picture as input")
      ->required();
  command->add_option("-o,--output", arguments->output, "The prepared base, an ONNX file again")->required();
  command->add_option("--name", arguments->name, "What people call it; default: the name of the file");
  command
      ->add_option("--input-size", arguments->input_size,
                   "Height and width, in pixels, where the network leaves them open")
      ->check(CLI::Range(1, 16384));
  command
      ->add_option("--mean", arguments->mean,
                   "The network reads (x - mean) * scale of 0..255; one number or three: a,b,c")
      ->capture_default_str();
  command->add_option("--scale", arguments->scale, "One number or three; fractions like 1/58.395 will do")
      ->capture_default_str();
  command->add_option("--channels", arguments->channels, "Order of the channels: rgb or bgr")
      ->capture_default_str();
  command
      ->add_option("--resize", arguments->resize,
                   "How pictures get to the input's size: stretch, crop or letterbox")
      ->capture_default_str();
  command->add_option("--features", arguments->features,
                      "The tensor that heads read; default: the last before global pooling");
  command->footer(
      "Example:\n  mainstream base prepare resnet50.onnx -o resnet50-base.onnx --mean 123.675,116.28,103.53 "
      "--scale 1/58.395,1/57.12,1/57.375 --resize crop");
  command->callback([arguments] { prepare(*arguments); });
}

void add_show(CLI::App& base) {
  CLI::App* command = base.add_subcommand("show", "Layers, branchpoints, and where the multiply-adds are");
  struct Arguments {
    std::string base;
    bool json = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("BASE", arguments->base, "A prepared base")->required();
  command->add_flag("--json", arguments->json, "The same as JSON");
  command->footer("Example:\n  mainstream base show resnet50-base.onnx");
  command->callback([arguments] {
    const Base shown = read_base(arguments->base);
    fmt::print("{}", arguments->json ? base_json(shown) : base_text(shown));
  });
}

}  // namespace

void add_base_command(CLI::App& program) {
  CLI::App* base = program.add_subcommand("base", "Prepares networks for sharing, and shows what is in them");
  base->require_subcommand(1);
  add_prepare(*base);
  add_show(*base);
  add_distill_command(*base);
}

}  // namespace mainstream
