// How many records per second go from the store to a receiver. docs/benchmarks.md has the figures.
//   build/bench/bin/sink_bench [--benchmark_filter=REGEX]
// Needs mosquitto in /usr/sbin, which it starts itself.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cstdlib>
#include <thread>

#include "core/file.hpp"
#include "mainstream/mqtt.hpp"

namespace mainstream {
namespace {

using namespace std::chrono_literals;

constexpr int kEvents = 2000;
constexpr int kPort = 18'883;

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mainstream-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

void put_events(Store& store, int count) {
  for (int i = 0; i < count; ++i) {
    EventRecord event;
    event.id = store.new_event_id();
    event.app = "near-road";
    event.stream = "gate";
    event.package = std::string(64, '9');
    event.change = EventChange::ended;
    store.put(event);
  }
}

// Delivers what has waited in the store.
void catch_up(benchmark::State& state,
              const std::function<std::unique_ptr<Sink>(const std::filesystem::path&)>& make) {
  const Folder folder;
  StoreOptions options;
  options.directory = folder.path / "state";
  Store store(options);
  int round = 0;
  for (auto _ : state) {
    state.PauseTiming();
    SinkRunnerOptions runner_options;
    runner_options.name = std::to_string(round++);
    store.set_cursor(runner_options.name, store.state().last_sequence);
    put_events(store, kEvents);
    if (!store.flush(std::chrono::steady_clock::now() + 60s)) state.SkipWithError("slow");
    auto sink = make(folder.path);
    state.ResumeTiming();
    const SinkRunner runner(store, std::move(sink), runner_options);
    while (runner.state().lag > 0) std::this_thread::sleep_for(1ms);
  }
  state.counters["records_per_s"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kEvents), benchmark::Counter::kIsRate);
}

void json_lines(benchmark::State& state) {
  catch_up(state, [](const auto& folder) { return make_json_lines_sink({folder / "events.jsonl"}); });
}
BENCHMARK(json_lines)->UseRealTime();

void mqtt(benchmark::State& state) {
  const Folder folder;
  write_file(folder.path / "conf",
             fmt::format("listener {} 127.0.0.1\nallow_anonymous true\nuser root\n", kPort));
  const std::string conf = (folder.path / "conf").string();
  const pid_t broker = ::fork();
  if (broker == 0) {
    ::execl("/usr/sbin/mosquitto", "mosquitto", "-c", conf.c_str(), nullptr);
    ::_exit(127);
  }
  std::this_thread::sleep_for(500ms);
  catch_up(state, [](const auto& path) {
    MqttOptions options;
    options.host = "127.0.0.1";
    options.port = kPort;
    options.node = "bench";
    options.first_pause = 20ms;
    auto sink = std::make_unique<MqttSink>(options, path / "state");
    while (!sink->connected()) std::this_thread::sleep_for(1ms);
    return sink;
  });
  ::kill(broker, SIGTERM);
  ::waitpid(broker, nullptr, 0);
}
BENCHMARK(mqtt)->UseRealTime();

}  // namespace
}  // namespace mainstream

BENCHMARK_MAIN();
