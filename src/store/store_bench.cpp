// How many events per second a store takes. docs/benchmarks.md has the figures.
//   build/bench/bin/store_bench [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>

#include "mainstream/store.hpp"

namespace mainstream {
namespace {

EventRecord change_of(const std::string& id, EventChange change) {
  EventRecord event;
  event.id = id;
  event.app = "near-road";
  event.stream = "gate";
  event.frames = {365, 403};
  event.branchpoint = "features/3";
  event.candidate = "exit-23";
  event.package = std::string(64, '9');
  event.change = change;
  return event;
}

std::filesystem::path new_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "mainstream-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  return pattern;
}

// Begins and ends `state.range(0)` events, each with a snapshot of `state.range(1)` bytes, and waits until
// all are on the disk.
void stored(benchmark::State& state) {
  const auto folder = new_folder();
  const std::string jpeg(static_cast<std::size_t>(state.range(1)), 'x');
  {
    StoreOptions options;
    options.directory = folder;
    Store store(options);
    for (auto _ : state) {
      for (std::int64_t i = 0; i < state.range(0); ++i) {
        const std::string id = store.new_event_id();
        benchmark::DoNotOptimize(store.put(change_of(id, EventChange::begun)));
        benchmark::DoNotOptimize(store.put(change_of(id, EventChange::ended), jpeg));
      }
      if (!store.flush(std::chrono::steady_clock::now() + std::chrono::minutes(5)))
        state.SkipWithError("slow");
    }
    if (store.state().dropped_events > 0) state.SkipWithError("events were dropped");
  }
  state.counters["events_per_s"] = benchmark::Counter(
      static_cast<double>(state.iterations() * state.range(0)), benchmark::Counter::kIsRate);
  std::filesystem::remove_all(folder);
}

BENCHMARK(stored)->Args({1, 0})->Args({1000, 0})->Args({1, 50'000})->Args({100, 50'000})->UseRealTime();

// What the analysis pays for one record.
void put(benchmark::State& state) {
  const auto folder = new_folder();
  {
    StoreOptions options;
    options.directory = folder;
    options.max_waiting = 1'000'000;
    Store store(options);
    for (auto _ : state)
      benchmark::DoNotOptimize(store.put(change_of(store.new_event_id(), EventChange::ended)));
  }
  std::filesystem::remove_all(folder);
}

BENCHMARK(put)->Iterations(20'000)->UseRealTime();

// From the store, in batches of 100, as a sink gets them.
void read(benchmark::State& state) {
  const auto folder = new_folder();
  {
    StoreOptions options;
    options.directory = folder;
    Store store(options);
    for (int i = 0; i < 2000; ++i) {
      const std::string id = store.new_event_id();
      store.put(change_of(id, EventChange::begun));
      store.put(change_of(id, EventChange::ended));
    }
    if (!store.flush(std::chrono::steady_clock::now() + std::chrono::minutes(1))) state.SkipWithError("slow");
    StoreReader reader(folder);
    std::int64_t cursor = 0;
    for (auto _ : state) {
      const auto batch = reader.changes_after(cursor, 100);
      cursor = batch.empty() ? 0 : batch.back().event.sequence;
    }
  }
  state.counters["records_per_s"] =
      benchmark::Counter(static_cast<double>(state.iterations() * 100), benchmark::Counter::kIsRate);
  std::filesystem::remove_all(folder);
}

BENCHMARK(read)->UseRealTime();

}  // namespace
}  // namespace mainstream

BENCHMARK_MAIN();
