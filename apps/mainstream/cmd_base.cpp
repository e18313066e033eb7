// mainstream base prepare | cut | show | profile
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base_report.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"
#include "engine_report.hpp"
#include "input_options.hpp"
#include "mainstream/base.hpp"
#include "mainstream/error.hpp"
#include "mainstream/profile.hpp"
#include "number_type_option.hpp"
#include "profile_report.hpp"

namespace mainstream {
namespace {

struct PrepareArguments {
  std::string input, output, features, name;
  InputOptions picture;
  std::int64_t input_size = 0;
};

void prepare(const PrepareArguments& arguments) {
  PrepareOptions options;
  options.input = with_options({}, arguments.picture);
  options.name =
      arguments.name.empty() ? std::filesystem::path(arguments.output).stem().string() : arguments.name;
  if (!arguments.features.empty()) options.features = arguments.features;
  InputSize input_size;
  if (arguments.input_size > 0) input_size = arguments.input_size;
  const Base base = prepare_base(read_onnx(arguments.input, input_size), options);
  write_base(base, arguments.output);
  inform(fmt::format("{}: base {}, {} layers to the features {}, {} branchpoints, id {}\n", arguments.output,
                     base.name, base.layers(), in_quotes(base.features), base.branchpoints.size(), base.id));
}

void add_prepare(Command base) {
  const Command command =
      base.add_subcommand("prepare", "Makes a base that apps can share from an ONNX network");
  const auto arguments = std::make_shared<PrepareArguments>();
  command.add_option("IN", arguments->input, "The network: a classifier with one picture as input")
      .required();
  command.add_option("-o,--output", arguments->output, "The prepared base, an ONNX file again").required();
  command.add_option("--name", arguments->name, "Name of the base; default: the name of the file");
  command
      .add_option("--input-size", arguments->input_size,
                  "Height and width, in pixels, where the network leaves them open")
      .within(1, 16384);
  add_input_options(command, arguments->picture);
  command.add_option("--features", arguments->features,
                     "The tensor that heads read; default: the last before global pooling");
  command.footer(
      "Example:\n  mainstream base prepare resnet50.onnx -o resnet50-base.onnx --mean 123.675,116.28,103.53 "
      "--scale 1/58.395,1/57.12,1/57.375 --resize crop");
  command.callback([arguments] { prepare(*arguments); });
}

void add_cut(Command base) {
  const Command command =
      base.add_subcommand("cut", "Writes the network up to a tensor as an ONNX file of its own");
  struct Arguments {
    std::string base, tensor, output;
  };
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("BASE", arguments->base, "A prepared base").required();
  command.add_option("TENSOR", arguments->tensor, "Any tensor of it; base show lists them").required();
  command.add_option("-o,--output", arguments->output, "The ONNX file, whose output is the tensor")
      .required();
  command.footer(
      "Example, a tensor's values for pictures as an array N x C x H x W:\n"
      "  mainstream base cut resnet50-base.onnx layer2 -o to-layer2.onnx\n"
      "  mainstream infer to-layer2.onnx pictures/*.jpg -o features.npy --top 0");
  command.callback([arguments] {
    std::error_code ignored;
    if (std::filesystem::equivalent(arguments->base, arguments->output, ignored))
      throw Error(ErrorKind::usage,
                  fmt::format("--output is the base itself, {}; give another file", arguments->base));
    const Graph cut = cut_base(read_base(arguments->base), arguments->tensor);
    write_file(arguments->output, to_onnx(cut));
    inform(fmt::format("{}: {} layers to {}, {}\n", arguments->output, cut.nodes.size(),
                       in_quotes(arguments->tensor), to_string(cut.shape(arguments->tensor))));
  });
}

void add_base_show(Command base) {
  const Command command =
      base.add_subcommand("show", "Lists layers and branchpoints with their multiply-adds");
  struct Arguments {
    std::string base;
    NumberType number_type = NumberType::f32;
    int threads = 0;
    bool engine = false, json = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("BASE", arguments->base, "A prepared base").required();
  command.add_flag("--engine", arguments->engine,
                   "List the primitives that the engine runs on this machine, with their times");
  add_number_type_option(command, arguments->number_type);
  command
      .add_option("--threads", arguments->threads,
                  "Threads of the engine; default: as many as this process may use")
      .within(1, 1024);
  command.add_flag("--json", arguments->json, "Print JSON");
  command.footer(
      "Examples:\n  mainstream base show resnet50-base.onnx\n"
      "  mainstream base show resnet50-base.onnx --engine --number-type bf16");
  command.callback([arguments] {
    const Base shown = read_base(arguments->base);
    if (arguments->engine) {
      const auto steps = engine_steps(Engine({.threads = arguments->threads}), shown, arguments->number_type);
      fmt::print("{}", arguments->json ? steps_json(steps) : steps_text(steps));
    } else {
      fmt::print("{}", arguments->json ? base_json(shown) : base_text(shown));
    }
  });
}

void add_profile(Command base) {
  const Command command =
      base.add_subcommand("profile", "Measures the cost of every layer and segment on this machine");
  struct Arguments {
    std::string base;
    NumberType number_type = NumberType::f32;
    int threads = 0;
    bool fresh = false, json = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  command.add_option("BASE", arguments->base, "A prepared base").required();
  command
      .add_option("--threads", arguments->threads,
                  "Number of threads; default: as many as this process may use")
      .within(1, 1024);
  add_number_type_option(command, arguments->number_type);
  command.add_flag("--fresh", arguments->fresh, "Measure again, even if this machine has a cached profile");
  command.add_flag("--json", arguments->json, "Print JSON");
  command.footer("Example:\n  mainstream base profile resnet50-base.onnx --threads 2");
  command.callback([arguments] {
    const Base profiled = read_base(arguments->base);
    const Engine engine({.threads = arguments->threads});
    const Profile profile = arguments->fresh ? fresh_profile(engine, profiled, arguments->number_type)
                                             : cached_profile(engine, profiled, arguments->number_type);
    fmt::print("{}", arguments->json ? profile_json(profiled, profile) : profile_text(profiled, profile));
  });
}

}  // namespace

void add_base_command(Command program) {
  const Command base =
      program.add_subcommand("base", "Prepares networks for sharing, and shows what is in them");
  base.require_subcommand();
  add_prepare(base);
  add_cut(base);
  add_base_show(base);
  add_profile(base);
  add_calibrate_command(base);
  add_distill_command(base);
}

}  // namespace mainstream
