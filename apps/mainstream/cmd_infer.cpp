// mainstream infer: runs a network on pictures or tensors.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "commands.hpp"
#include "core/json.hpp"
#include "engine_report.hpp"
#include "input_options.hpp"
#include "mainstream/base.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/error.hpp"
#include "mainstream/media.hpp"
#include "mainstream/tensor_file.hpp"
#include "number_type_option.hpp"
#include "package/input_json.hpp"
#include "tensor_inputs.hpp"

namespace mainstream {
namespace {

struct InferArguments {
  std::string model;
  std::vector<std::string> inputs, outputs;
  NumberType number_type = NumberType::f32;
  int threads = 0, top = 5;
  double centre = 1;
  InputOptions picture;
  bool json = false;
};

// The result of one run: its input's name, and the outputs in the graph's order.
struct Answer {
  std::string input;
  std::vector<Tensor> outputs;
};

// int8 needs the ranges that a calibrated base has.
Network network_of(const Engine& engine, const Graph& graph, const InferArguments& arguments) {
  if (arguments.number_type != NumberType::int8) return Network(engine, graph, arguments.number_type);
  const Base base = read_base(arguments.model);
  return Network(engine, graph, arguments.number_type, base.ranges_for(arguments.number_type));
}

void check_outputs(const Graph& graph, const InferArguments& arguments) {
  if (arguments.outputs.size() > graph.outputs.size())
    throw Error(ErrorKind::usage, fmt::format("{} has {} outputs, but -o was given {} times", arguments.model,
                                              graph.outputs.size(), arguments.outputs.size()));
}

std::vector<Answer> run_on_tensors(const Engine& engine, const InferArguments& arguments) {
  std::vector<Tensor> inputs = read_tensors(arguments.inputs);
  const Graph graph = read_for(arguments.model, inputs);
  check_outputs(graph, arguments);
  Network network = network_of(engine, graph, arguments);
  return {{arguments.inputs.front(), run_on(network, graph, inputs)}};
}

InputSpec input_of(const Graph& graph, const InferArguments& arguments) {
  const Shape& shape = graph.shape(graph.inputs.front());
  if (graph.inputs.size() != 1 || shape.size() != 4 || shape[1] != 3)
    throw Error(ErrorKind::usage,
                fmt::format("{} does not read one picture, so give it tensors: NAME.npy or NAME.pb",
                            arguments.model));
  InputSpec input;
  const auto stored = graph.metadata.find("mainstream.input");
  if (stored != graph.metadata.end()) {
    const std::string source = arguments.model + ": mainstream.input";
    input = parse_input(read_json(stored->second, source));
  }
  input.height = shape[2];
  input.width = shape[3];
  return with_options(input, arguments.picture);
}

std::vector<Answer> run_on_pictures(const Engine& engine, const InferArguments& arguments) {
  Graph graph = read_onnx(arguments.model);
  fold(graph);
  check_outputs(graph, arguments);
  InputScaler scaler(input_of(graph, arguments));
  const double margin = (1 - arguments.centre) / 2;
  const View view{.left = margin, .top = margin, .width = arguments.centre, .height = arguments.centre};
  Network network = network_of(engine, graph, arguments);
  std::vector<float> values(scaler.size());
  std::vector<Answer> answers;
  for (const auto& path : arguments.inputs) {
    scaler.scale(read_picture(path), values, view);
    const Tensor input = make_tensor(graph.shape(graph.inputs.front()), values);
    answers.push_back({path, run_on(network, graph, {input})});
  }
  return answers;
}

// The k highest values of one row, best first.
std::vector<std::size_t> top_indices(std::span<const float> row, int k) {
  std::vector<std::size_t> indices(row.size());
  std::iota(indices.begin(), indices.end(), 0);
  const auto count = static_cast<std::ptrdiff_t>(std::min(row.size(), static_cast<std::size_t>(k)));
  std::partial_sort(indices.begin(), indices.begin() + count, indices.end(),
                    [&](std::size_t a, std::size_t b) { return row[a] > row[b]; });
  indices.resize(static_cast<std::size_t>(count));
  return indices;
}

// One row per picture of the batch.
std::vector<std::span<const float>> rows_of(const Tensor& tensor) {
  const auto rows = static_cast<std::size_t>(tensor.shape.empty() ? 1 : tensor.shape[0]);
  const std::span<const float> all(*tensor.data);
  std::vector<std::span<const float>> result;
  for (std::size_t i = 0; i < rows; ++i)
    result.push_back(all.subspan(i * all.size() / rows, all.size() / rows));
  return result;
}

void print_text(const std::vector<Answer>& answers, int top) {
  for (const Answer& answer : answers) {
    for (const auto row : rows_of(answer.outputs.front())) {
      fmt::print("{}", answer.input);
      for (const std::size_t i : top_indices(row, top)) fmt::print("  {} {:.4f}", i, row[i]);
      fmt::print("\n");
    }
  }
}

void print_json(const std::vector<Answer>& answers, int top) {
  Json list = Json::array();
  for (const Answer& answer : answers) {
    for (const auto row : rows_of(answer.outputs.front())) {
      Json best = Json::array();
      for (const std::size_t i : top_indices(row, top)) best.push_back({{"index", i}, {"value", row[i]}});
      list.push_back({{"input", answer.input}, {"top", std::move(best)}});
    }
  }
  fmt::print("{}\n", json_text(list, 1));
}

// Joins several answers to one tensor, along the first dimension.
Tensor stacked(const std::vector<Answer>& answers, std::size_t output) {
  Shape shape = answers.front().outputs[output].shape;
  std::vector<float> values;
  for (const Answer& answer : answers) {
    const auto& data = *answer.outputs[output].data;
    values.insert(values.end(), data.begin(), data.end());
  }
  if (!shape.empty()) shape[0] *= static_cast<std::int64_t>(answers.size());
  return make_tensor(std::move(shape), std::move(values));
}

bool given_tensors(const InferArguments& arguments) {
  const auto tensors = std::count_if(arguments.inputs.begin(), arguments.inputs.end(), is_tensor_file);
  if (tensors != 0 && static_cast<std::size_t>(tensors) != arguments.inputs.size())
    throw Error(ErrorKind::usage, "the inputs must be all pictures or all tensors (NAME.npy, NAME.pb)");
  return tensors != 0;
}

void infer(const InferArguments& arguments) {
  const Engine engine({.threads = arguments.threads});
  const auto answers =
      given_tensors(arguments) ? run_on_tensors(engine, arguments) : run_on_pictures(engine, arguments);
  for (std::size_t i = 0; i < arguments.outputs.size(); ++i)
    write_npy(arguments.outputs[i], stacked(answers, i));
  arguments.json ? print_json(answers, arguments.top) : print_text(answers, arguments.top);
}

}  // namespace

void add_infer_command(Command program) {
  const Command command = program.add_subcommand("infer", "Runs a network on pictures or tensors");
  const auto arguments = std::make_shared<InferArguments>();
  command.add_option("MODEL", arguments->model, "An ONNX file, prepared or not").required();
  command
      .add_option(
          "INPUT", arguments->inputs,
          "Pictures, run one by one; or a tensor for each input of the network: .npy (NumPy) or .pb (ONNX)")
      .required();
  command
      .add_option("-o,--output", arguments->outputs,
                  "Writes the output as .npy; may be repeated where the network has several")
      .one_value_each();  // arguments after its file are inputs again
  command
      .add_option("--threads", arguments->threads,
                  "Number of threads; default: as many as this process may use")
      .within(1, 1024);
  add_number_type_option(command, arguments->number_type);
  command.add_option("--top", arguments->top, "How many of the highest values to print")
      .within(0, 1000000)
      .show_default();
  command
      .add_option("--centre", arguments->centre,
                  "Use only the middle of each picture: this fraction of its width and height")
      .within(0.01, 1.0)
      .show_default();
  add_input_options(command, arguments->picture);
  command.add_flag("--json", arguments->json, "Print JSON");
  command.footer("Example:\n  mainstream infer mobilenet.onnx cat.jpg --top 3");
  command.callback([arguments] { infer(*arguments); });
}

}  // namespace mainstream
