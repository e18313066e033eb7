// Measures the engine's costs of sharing a stem, of starting, and of running side by side, on the networks
// named on the command line. docs/benchmarks.md defines the figures; `mainstream bench` gives those of one
// network.
//   build/bench/bin/infer_bench NETWORK.onnx.. [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <thread>

#include "graph/exit.hpp"
#include "graph/passes.hpp"
#include "infer/heads.hpp"
#include "infer/measure.hpp"
#include "mainstream/base.hpp"
#include "mainstream/calibration.hpp"

namespace mainstream {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

template <typename Work>
double time_ms(Work work) {
  const auto start = Clock::now();
  work();
  return since(start);
}

double median(const std::vector<double>& values) {
  return values.empty() ? NAN : quantile(values, 0.5);
}

// A network with an input picture; any picture takes the same time.
struct Subject {
  explicit Subject(const std::string& path) : base(prepare_base(read_onnx(path), {})) {
    std::minstd_rand random;
    std::uniform_real_distribution<float> distribution(-1, 1);
    picture.resize(static_cast<std::size_t>(element_count(base.graph.shape(base.graph.inputs.front()))));
    for (float& value : picture) value = distribution(random);
  }

  [[nodiscard]] const Branchpoint& at(double fraction) const {
    return nearest_branchpoint(base.branchpoints, fraction);
  }
  [[nodiscard]] Ranges ranges(const Engine& engine, NumberType number_type) const {
    if (number_type != NumberType::int8) return {};
    return measure_ranges(engine, base.graph, std::span(&picture, 1));
  }

  Base base;
  std::vector<float> picture;
};

// Copies all weights: after fine-tuning, no two tails share a weight.
Graph with_own_weights(Graph graph) {
  for (auto& [name, tensor] : graph.constants) tensor = make_tensor(tensor.shape, *tensor.data);
  return graph;
}

// ---- Ten tails at one branchpoint: the whole, and its parts each repeated by itself, in turns.
void ten_tails(benchmark::State& state, const std::string& path, NumberType number_type, double fraction) {
  constexpr std::size_t kTails = 10;
  const Subject subject(path);
  const Branchpoint& point = subject.at(fraction);
  const Engine engine;
  const Ranges ranges = subject.ranges(engine, number_type);
  Stem stem(engine, subject.base.graph, {point.tensor}, {number_type}, ranges);
  std::vector<Tail> tails;
  for (std::size_t i = 0; i < kTails; ++i)
    tails.emplace_back(stem, with_own_weights(tail_of(subject.base.graph, point.tensor)), number_type,
                       ranges);
  const auto run_stem = [&] {
    stem.load(subject.picture);
    stem.run_to(0);
  };
  const auto run_all = [&] {
    run_stem();
    for (Tail& tail : tails) tail.run();
  };
  // Times the second of two runs, so that it finds caches warmed by the same work.
  const auto repeated = [](const auto& work) {
    work();
    return time_ms(work);
  };
  std::vector<double> whole, stem_alone, tails_alone(kTails);
  std::vector<std::vector<double>> tail_alone(kTails);
  run_all();
  for (auto _ : state) {
    whole.push_back(repeated(run_all));
    stem_alone.push_back(repeated(run_stem));
    for (std::size_t i = 0; i < kTails; ++i) tail_alone[i].push_back(repeated([&] { tails[i].run(); }));
    state.SetIterationTime(whole.back() / 1000);
  }
  for (std::size_t i = 0; i < kTails; ++i) tails_alone[i] = median(tail_alone[i]);
  double sum = median(stem_alone);
  for (const double tail : tails_alone) sum += tail;
  state.counters["stem_ms"] = median(stem_alone);
  state.counters["tail_ms"] = (sum - median(stem_alone)) / kTails;
  state.counters["whole_ms"] = median(whole);
  state.counters["whole_over_parts"] = median(whole) / sum;
}

// ---- Exits of ten apps that read one whole tensor: one product, and a product for each, in turns.
Graph exit_with_own_weights(const Base& base, const std::string& tensor, float weight) {
  ExitLevel level{.tensor = tensor, .shape = base.graph.shape(tensor), .pooling = {}, .weights = {}};
  const Shape shape{2, element_count(level.shape)};
  level.weights =
      make_tensor(shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)), weight));
  return exit_graph(std::span(&level, 1), make_tensor({2}, {0, 0}));
}

void ten_exits(benchmark::State& state, const std::string& path, NumberType number_type, double fraction) {
  constexpr std::size_t kExits = 10;
  const Subject subject(path);
  // The stem goes on, as in a run, so that in int8 the tensor is kept in integers.
  std::vector<std::string> tensors{subject.at(fraction).tensor};
  if (fraction < 1) tensors.push_back(subject.base.features);
  const Engine engine;
  Stem stem(engine, subject.base.graph, tensors, std::vector(tensors.size(), number_type),
            subject.ranges(engine, number_type));
  std::vector<Graph> exits;
  for (std::size_t i = 0; i < kExits; ++i)
    exits.push_back(exit_with_own_weights(subject.base, tensors.front(), 0.01F * static_cast<float>(i + 1)));
  Heads joined(stem, exits, number_type);
  std::vector<Tail> separate;
  for (const Graph& exit : exits) separate.emplace_back(stem, exit, number_type);
  const auto behind_stem = [&](const auto& work) {
    stem.load(subject.picture);
    stem.run_to(0);
    return time_ms(work);
  };
  std::vector<double> stem_ms, joined_ms, separate_ms;
  for (auto _ : state) {
    stem_ms.push_back(time_ms([&] { (void)behind_stem([] {}); }));
    joined_ms.push_back(behind_stem([&] { joined.run(); }));
    separate_ms.push_back(behind_stem([&] {
      for (Tail& exit : separate) exit.run();
    }));
    state.SetIterationTime(joined_ms.back() / 1000);
  }
  state.counters["features"] = static_cast<double>(element_count(subject.base.graph.shape(tensors.front())));
  state.counters["stem_ms"] = median(stem_ms);
  state.counters["joined_ms"] = median(joined_ms);
  state.counters["separate_ms"] = median(separate_ms);
  state.counters["separate_over_joined"] = median(separate_ms) / median(joined_ms);
}

// ---- A new tail for a stem that another thread keeps running, one frame after the other.
class RunningStem {
 public:
  RunningStem(Stem& stem, std::span<const float> picture)
      : thread_([this, &stem, picture](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            const bool alone = !disturbed_;
            const double frame = time_ms([&] {
              stem.load(picture);
              stem.run_to(0);
            });
            (alone && !disturbed_ ? alone_ : beside_).push_back(frame);
          }
        }) {}

  void set_disturbed(bool disturbed) { disturbed_ = disturbed; }
  void stop() {
    thread_.request_stop();
    thread_.join();
  }
  // Milliseconds per frame, available once it has stopped.
  [[nodiscard]] const std::vector<double>& alone() const { return alone_; }
  [[nodiscard]] const std::vector<double>& beside() const { return beside_; }

 private:
  std::vector<double> alone_, beside_;
  std::atomic<bool> disturbed_{false};
  std::jthread thread_;
};

void new_tail(benchmark::State& state, const std::string& path, NumberType number_type, double fraction) {
  const Subject subject(path);
  const Branchpoint& point = subject.at(fraction);
  const Engine engine;
  const Ranges ranges = subject.ranges(engine, number_type);
  Stem stem(engine, subject.base.graph, {point.tensor}, {number_type}, ranges);
  const std::string file = to_onnx(tail_of(subject.base.graph, point.tensor));
  RunningStem running(stem, subject.picture);
  std::vector<double> ready;
  for (auto _ : state) {
    std::this_thread::sleep_for(milliseconds(300));
    running.set_disturbed(true);
    ready.push_back(time_ms([&] {
      const Tail tail(stem, parse_onnx(file, "tail"), number_type, ranges);
      benchmark::DoNotOptimize(&tail);
    }));
    running.set_disturbed(false);
    state.SetIterationTime(ready.back() / 1000);
  }
  running.stop();
  state.counters["first_ms"] = ready.front();
  state.counters["median_ms"] = median(ready);
  state.counters["frame_ms"] = median(running.alone());
  // If compiling ends before the next frame begins, no frame ran wholly beside it.
  if (const std::vector<double>& beside = running.beside(); !beside.empty()) {
    state.counters["frame_beside_ms"] = median(beside);
    state.counters["frame_beside_max_ms"] = *std::max_element(beside.begin(), beside.end());
  }
}

// ---- Two engines of one thread each, against one of them on its own.
double rate(Network& network, milliseconds duration) {
  return 1000 / network.benchmark(duration).median_ms;
}

void two_engines(benchmark::State& state, const std::string& path, NumberType number_type) {
  constexpr milliseconds kDuration(500);
  const Subject subject(path);
  std::vector<Network> networks;
  for (int i = 0; i < 2; ++i) {
    const Engine engine({.threads = 1});
    networks.emplace_back(engine, subject.base.graph, number_type, subject.ranges(engine, number_type));
    networks.back().run(subject.picture);
  }
  std::vector<double> single, pair;
  for (auto _ : state) {
    const auto start = Clock::now();
    single.push_back(rate(networks[0], kDuration));
    double other = 0;
    std::thread beside([&] { other = rate(networks[1], kDuration); });
    const double one = rate(networks[0], kDuration);
    beside.join();
    pair.push_back(one + other);
    state.SetIterationTime(since(start) / 1000);
  }
  state.counters["single_per_s"] = median(single);
  state.counters["pair_per_s"] = median(pair);
  state.counters["pair_over_twice_single"] = median(pair) / (2 * median(single));
}

// ---- From a prepared file to the first answer, in a fresh process.
void answer_once(const std::string& path, NumberType number_type) {
  const Base base = read_base(path);
  const std::vector<float> picture(
      static_cast<std::size_t>(element_count(base.graph.shape(base.graph.inputs.front()))));
  Network network(Engine(), base.graph, number_type, base.ranges);
  benchmark::DoNotOptimize(network.run(picture).data());
}

void start(benchmark::State& state, const std::string& path, NumberType number_type) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("infer-bench-" + std::to_string(getpid()) + ".onnx");
  Subject subject(path);
  subject.base.ranges = subject.ranges(Engine(), number_type);
  write_base(subject.base, file);
  const std::string arguments[] = {"infer_bench", "--answer-once", file, to_string(number_type)};
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<double> times;
  for (auto _ : state) {
    int status = -1;
    times.push_back(time_ms([&] {
      pid_t child = 0;
      if (posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, argv.data(), environ) == 0)
        waitpid(child, &status, 0);
    }));
    if (status != 0) state.SkipWithError("the process that answers once failed");
    state.SetIterationTime(times.back() / 1000);
  }
  state.counters["median_ms"] = median(times);
  std::filesystem::remove(file);
}

void register_for(const std::string& path, NumberType number_type) {
  const auto add = [&](const std::string& what, int iterations, const auto& run) {
    const std::string title =
        what + "/" + std::filesystem::path(path).stem().string() + "/" + to_string(number_type);
    benchmark::RegisterBenchmark(title.c_str(), run)
        ->UseManualTime()
        ->Iterations(iterations)
        ->Unit(benchmark::kMillisecond);
  };
  add("start", 5, [=](benchmark::State& state) { start(state, path, number_type); });
  for (const double fraction : {0.5, 1.0}) {
    const std::string where = fraction < 1 ? "/half" : "/features";
    add("ten_tails" + where, 15,
        [=](benchmark::State& state) { ten_tails(state, path, number_type, fraction); });
    add("ten_exits" + where, 50,
        [=](benchmark::State& state) { ten_exits(state, path, number_type, fraction); });
    add("new_tail" + where, 10,
        [=](benchmark::State& state) { new_tail(state, path, number_type, fraction); });
  }
  add("two_engines", 5, [=](benchmark::State& state) { two_engines(state, path, number_type); });
}

}  // namespace
}  // namespace mainstream

int main(int argc, char** argv) {
  using namespace mainstream;
  // Set as in the programs: see apps/program.cpp.
  if (std::getenv("GOMP_SPINCOUNT") == nullptr && setenv("GOMP_SPINCOUNT", "5000", 1) == 0)
    execv("/proc/self/exe", argv);
  if (argc == 4 && std::strcmp(argv[1], "--answer-once") == 0) {
    answer_once(argv[2], *number_type_from(argv[3]));
    _exit(0);
  }
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    for (const NumberType number_type : {NumberType::f32, NumberType::bf16, NumberType::int8}) {
      if (processor_has(number_type)) register_for(argv[i], number_type);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
