// mainstream bench: measures how fast a network runs on this machine, and where the time goes.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <random>

#include "commands.hpp"
#include "core/json.hpp"
#include "engine_report.hpp"
#include "infer/profile_alone.hpp"
#include "mainstream/calibration.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/error.hpp"
#include "number_type_option.hpp"
#include "text_table.hpp"

namespace mainstream {
namespace {

struct BenchArguments {
  std::string model;
  NumberType number_type = NumberType::f32;
  int threads = 0;
  std::int64_t batch = 1;
  double seconds = 2;
  bool steps = false, json = false;
};

struct Bench {
  int threads = 0;
  double load_ms = 0;  // from the file to the first answer: reading, folding, compiling, running
  Timing whole;
  double gflops = 0;     // 10^9 multiplications and additions per second, at the median
  double alone_ms = 0;   // the sum of all primitives' medians, each repeated by itself
  double cold_ms = 0;    // the same sum with the weights not in the cache
  double in_run_ms = 0;  // the same sum, each timed within whole runs, with the caches as they are there
  double over_alone = 0, over_cold = 0, over_in_run = 0;  // the whole run / each of these sums
  EngineMemory memory;
  std::size_t next_weights = 0;  // bytes of weights that a second plan of the same network packs again
  std::vector<StepInfo> steps;
};

using Inputs = std::vector<std::vector<float>>;

double sum_ms(const std::vector<StepInfo>& steps) {
  return std::accumulate(steps.begin(), steps.end(), 0.0,
                         [](double sum, const StepInfo& step) { return sum + step.milliseconds; });
}

double operations(const Graph& graph) {
  return std::accumulate(graph.nodes.begin(), graph.nodes.end(), 0.0, [&](double sum, const Node& node) {
    return sum + 2.0 * static_cast<double>(multiply_adds(graph, node));
  });
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Inputs inputs_of(const Graph& graph) {
  Inputs inputs;
  std::minstd_rand random;
  std::uniform_real_distribution<float> distribution(-1, 1);
  for (const auto& name : graph.inputs) {
    inputs.emplace_back(static_cast<std::size_t>(element_count(graph.shape(name))));
    for (float& value : inputs.back()) value = distribution(random);
  }
  return inputs;
}

// Alternates whole runs and primitives alone, so that a disturbance affects both; takes medians over the
// rounds.
void time_network(Network& network, double seconds, Bench& bench) {
  constexpr int kRounds = 7;
  const std::chrono::milliseconds duration(static_cast<std::int64_t>(seconds * 1000 / kRounds));
  std::vector<double> medians, p90s, alone, cold, in_run, over_alone, over_cold, over_in_run;
  for (int round = 0; round < kRounds; ++round) {
    const Timing whole = network.benchmark(duration);
    const int repetitions = static_cast<int>(std::clamp<std::size_t>(whole.runs, 5, 50));
    bench.whole.runs += whole.runs;
    bench.whole.outliers += whole.outliers;
    medians.push_back(whole.median_ms);
    p90s.push_back(whole.p90_ms);
    alone.push_back(sum_ms(profile_alone(network, repetitions)));
    cold.push_back(sum_ms(profile_alone(network, repetitions, true)));
    in_run.push_back(sum_ms(network.profile(repetitions)));
    over_alone.push_back(whole.median_ms / alone.back());
    over_cold.push_back(whole.median_ms / cold.back());
    over_in_run.push_back(whole.median_ms / in_run.back());
  }
  bench.whole.median_ms = median(medians);
  bench.whole.p90_ms = median(p90s);
  bench.alone_ms = median(alone);
  bench.cold_ms = median(cold);
  bench.in_run_ms = median(in_run);
  bench.over_alone = median(over_alone);
  bench.over_cold = median(over_cold);
  bench.over_in_run = median(over_in_run);
}

Bench run_bench(const BenchArguments& arguments) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  };
  Bench bench;
  auto start = Clock::now();
  Graph graph = read_onnx(arguments.model);
  fold(graph);
  if (arguments.batch != 1) graph = with_batch(graph, arguments.batch);
  bench.load_ms = since(start);
  const Engine engine({.threads = arguments.threads});
  bench.threads = engine.threads();
  const Inputs inputs = inputs_of(graph);
  // Any ranges take the same time, and a prepared base has its own.
  const Ranges ranges =
      arguments.number_type == NumberType::int8 ? measure_ranges(engine, graph, inputs) : Ranges();
  start = Clock::now();
  Network network(engine, graph, arguments.number_type, ranges);
  const std::vector<std::span<const float>> values(inputs.begin(), inputs.end());
  (void)network.run(values);
  bench.load_ms += since(start);

  time_network(network, arguments.seconds, bench);
  bench.gflops = operations(graph) / bench.whole.median_ms / 1e6;
  if (arguments.steps) bench.steps = network.profile(50);
  bench.memory = network.memory();
  const std::size_t before = engine.weight_bytes();
  const Network second(engine, graph, arguments.number_type, ranges);
  bench.next_weights = engine.weight_bytes() - before;
  return bench;
}

std::string megabytes(std::size_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

void print_text(const Bench& bench) {
  TextTable table("lr", {"threads", std::to_string(bench.threads)});
  table.add({"median", fmt::format("{:.3f} ms", bench.whole.median_ms)});
  table.add({"p90", fmt::format("{:.3f} ms", bench.whole.p90_ms)});
  table.add({"runs (outliers)", fmt::format("{} ({})", bench.whole.runs, bench.whole.outliers)});
  table.add({"GFLOP/s", fmt::format("{:.1f}", bench.gflops)});
  table.add({"primitives alone", fmt::format("{:.3f} ms", bench.alone_ms)});
  table.add({"whole / alone", fmt::format("{:.3f}", bench.over_alone)});
  table.add({"with cold weights", fmt::format("{:.3f} ms", bench.cold_ms)});
  table.add({"whole / cold", fmt::format("{:.3f}", bench.over_cold)});
  table.add({"primitives in the run", fmt::format("{:.3f} ms", bench.in_run_ms)});
  table.add({"whole / in the run", fmt::format("{:.3f}", bench.over_in_run)});
  table.add({"file to first answer", fmt::format("{:.0f} ms", bench.load_ms)});
  table.add({"weights", megabytes(bench.memory.weights)});
  table.add({"activations", megabytes(bench.memory.activations)});
  table.add({"of these scratch", megabytes(bench.memory.scratch)});
  table.add({"a second plan adds", megabytes(bench.next_weights + bench.memory.activations)});
  fmt::print("{}", table.text());
  if (!bench.steps.empty()) fmt::print("\n{}", steps_text(bench.steps));
}

void print_json(const Bench& bench) {
  Json json = {{"threads", bench.threads},
               {"median_ms", bench.whole.median_ms},
               {"p90_ms", bench.whole.p90_ms},
               {"runs", bench.whole.runs},
               {"outliers", bench.whole.outliers},
               {"gflops", bench.gflops},
               {"primitives_alone_ms", bench.alone_ms},
               {"primitives_cold_ms", bench.cold_ms},
               {"primitives_in_run_ms", bench.in_run_ms},
               {"whole_over_alone", bench.over_alone},
               {"whole_over_cold", bench.over_cold},
               {"whole_over_in_run", bench.over_in_run},
               {"load_ms", bench.load_ms},
               {"weight_bytes", bench.memory.weights},
               {"activation_bytes", bench.memory.activations},
               {"scratch_bytes", bench.memory.scratch},
               {"second_plan_weight_bytes", bench.next_weights},
               {"second_plan_bytes", bench.next_weights + bench.memory.activations}};
  if (!bench.steps.empty()) json["steps"] = parse_json(steps_json(bench.steps), "steps");
  fmt::print("{}\n", json_text(json, 1));
}

}  // namespace

void add_bench_command(Command program) {
  const Command command = program.add_subcommand("bench", "Measures how fast a network runs on this machine");
  const auto arguments = std::make_shared<BenchArguments>();
  command.add_option("MODEL", arguments->model, "An ONNX file, prepared or not").required();
  command
      .add_option("--threads", arguments->threads,
                  "Number of threads; default: as many as this process may use")
      .within(1, 1024);
  add_number_type_option(command, arguments->number_type);
  command.add_option("--batch", arguments->batch, "Pictures per run").within(1, 4096).show_default();
  command.add_option("--seconds", arguments->seconds, "How long to run the whole network")
      .within(0.0, 3600.0)
      .show_default();
  command.add_flag("--steps", arguments->steps, "List the primitives that run, with their times");
  command.add_flag("--json", arguments->json, "Print JSON");
  command.footer("Example:\n  mainstream bench resnet50.onnx --threads 2");
  command.callback([arguments] {
    const Bench bench = run_bench(*arguments);
    arguments->json ? print_json(bench) : print_text(bench);
  });
}

}  // namespace mainstream
