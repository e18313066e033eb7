// mainstream bench: how fast a network runs on this machine, and where the time goes.
#include <fmt/format.h>

#include <memory>
#include <numeric>
#include <random>

#include "commands.hpp"
#include "core/json.hpp"
#include "engine_report.hpp"
#include "mainstream/calibration.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/error.hpp"
#include "precision_option.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct BenchArguments {
  std::string model;
  Precision precision = Precision::f32;
  int threads = 0;
  std::int64_t batch = 1;
  double seconds = 2;
  bool steps = false, json = false;
};

struct Bench {
  int threads = 0;
  double load_ms = 0;  // reading, folding, compiling, the first run
  Timing whole;
  double gflops = 0;    // 10^9 multiplications and additions per second, at the median
  double alone_ms = 0;  // the sum of all primitives' medians, each repeated by itself
  EngineMemory memory;
  std::vector<StepInfo> steps;

  [[nodiscard]] double overhead() const { return whole.median_ms / alone_ms; }
};

double sum_ms(const std::vector<StepInfo>& steps) {
  return std::accumulate(steps.begin(), steps.end(), 0.0,
                         [](double sum, const StepInfo& step) { return sum + step.milliseconds; });
}

double operations(const Graph& graph) {
  return std::accumulate(graph.nodes.begin(), graph.nodes.end(), 0.0, [&](double sum, const Node& node) {
    return sum + 2.0 * static_cast<double>(multiply_adds(graph, node));
  });
}

Bench run_bench(const BenchArguments& arguments) {
  Graph graph = read_onnx(arguments.model);
  fold(graph);
  if (arguments.batch != 1) graph = with_batch(graph, arguments.batch);
  const Engine engine({.threads = arguments.threads});
  std::vector<std::vector<float>> inputs;
  std::vector<std::span<const float>> values;
  std::minstd_rand random;
  std::uniform_real_distribution<float> distribution(-1, 1);
  for (const auto& name : graph.inputs) {
    inputs.emplace_back(static_cast<std::size_t>(element_count(graph.shape(name))));
    for (float& value : inputs.back()) value = distribution(random);
  }
  values.assign(inputs.begin(), inputs.end());
  const auto start = std::chrono::steady_clock::now();
  // Any ranges take the same time.
  const Ranges ranges =
      arguments.precision == Precision::int8 ? measure_ranges(engine, graph, inputs) : Ranges();
  Network network(engine, graph, arguments.precision, ranges);
  (void)network.run(values);

  Bench bench;
  bench.load_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  bench.threads = engine.threads();
  const std::chrono::milliseconds duration(static_cast<std::int64_t>(arguments.seconds * 1000));
  bench.whole = network.benchmark(duration);
  bench.gflops = operations(graph) / bench.whole.median_ms / 1e6;
  const int repetitions = static_cast<int>(std::min<std::size_t>(bench.whole.runs, 50));
  bench.alone_ms = sum_ms(network.profile_alone(repetitions));
  if (arguments.steps) bench.steps = network.profile(repetitions);
  bench.memory = network.memory();
  return bench;
}

std::string megabytes(std::size_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

void print_text(const Bench& bench) {
  TextTable table("lr", {"threads", std::to_string(bench.threads)});
  table.add({"median", fmt::format("{:.3f} ms", bench.whole.median_ms)});
  table.add({"p90", fmt::format("{:.3f} ms", bench.whole.p90_ms)});
  table.add({"runs", std::to_string(bench.whole.runs)});
  table.add({"GFLOP/s", fmt::format("{:.1f}", bench.gflops)});
  table.add({"primitives alone", fmt::format("{:.3f} ms", bench.alone_ms)});
  table.add({"whole / primitives", fmt::format("{:.3f}", bench.overhead())});
  table.add({"file to first answer", fmt::format("{:.0f} ms", bench.load_ms)});
  table.add({"weights", megabytes(bench.memory.weights)});
  table.add({"activations", megabytes(bench.memory.activations)});
  table.add({"of these scratch", megabytes(bench.memory.scratch)});
  fmt::print("{}", table.text());
  if (!bench.steps.empty()) fmt::print("\n{}", steps_text(bench.steps));
}

void print_json(const Bench& bench) {
  Json json = {{"threads", bench.threads},
               {"median_ms", bench.whole.median_ms},
               {"p90_ms", bench.whole.p90_ms},
               {"runs", bench.whole.runs},
               {"gflops", bench.gflops},
               {"primitives_alone_ms", bench.alone_ms},
               {"whole_over_primitives", bench.overhead()},
               {"load_ms", bench.load_ms},
               {"weight_bytes", bench.memory.weights},
               {"activation_bytes", bench.memory.activations},
               {"scratch_bytes", bench.memory.scratch}};
  if (!bench.steps.empty()) json["steps"] = Json::parse(steps_json(bench.steps));
  fmt::print("{}\n", json.dump(1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void add_bench_command(CLI::App& program) {
  CLI::App* command = program.add_subcommand("bench", "Measures how fast a network runs on this machine");
  const auto arguments = std::make_shared<BenchArguments>();
  command->add_option("MODEL", arguments->model, "An ONNX file, prepared or not")->required();
  command->add_option("--threads", arguments->threads, "Default: as many processors as may be used")
      ->check(CLI::Range(1, 1024));
  add_precision_option(*command, arguments->precision);
  command->add_option("--batch", arguments->batch, "Pictures per run")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command->add_option("--seconds", arguments->seconds, "How long to run the whole network")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  command->add_flag("--steps", arguments->steps, "List the primitives that run, with their times");
  command->add_flag("--json", arguments->json, "Print JSON");
  command->footer("Example:\n  mainstream bench resnet50.onnx --threads 2");
  command->callback([arguments] {
    const Bench bench = run_bench(*arguments);
    arguments->json ? print_json(bench) : print_text(bench);
  });
}

}  // namespace mainstream
