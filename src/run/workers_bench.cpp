// Compares one worker with two engine threads and two workers with one: frames of several streams per second,
// on the prepared bases named on the command line. The machine must be idle otherwise.
//   build/bench/bin/run_bench BASE.onnx.. [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <semaphore>
#include <thread>

#include "infer/measure.hpp"
#include "mainstream/base.hpp"
#include "mainstream/planning.hpp"
#include "run/workers.hpp"

namespace mainstream {
namespace {

constexpr int kStreams = 4, kFramesOfEach = 50;

// A stream whose frames are there already.
class Stream : public Workers::Task {
 public:
  Stream(const Engine& engine, const Base& base, Workers& workers)
      : stem_(engine, base.graph, {base.features}),
        input_(static_cast<std::size_t>(3 * base.input.height * base.input.width), 0.5F),
        workers_(workers) {}
  ~Stream() override { workers_.forget(*this); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void begin(std::counting_semaphore<>& done) {
    left_ = kFramesOfEach;
    done_ = &done;
    workers_.wake(*this);
  }
  void work() override {
    if (left_ == 0) return;
    stem_.load(input_);
    stem_.run_to(0);
    if (--left_ == 0) return done_->release();
    workers_.wake(*this);
  }

 private:
  Stem stem_;
  const std::vector<float> input_;
  Workers& workers_;
  std::atomic<int> left_ = 0;
  std::counting_semaphore<>* done_ = nullptr;
};

class Crew {
 public:
  Crew(const Base& base, const WorkerLayout& layout)
      : engine_({.threads = layout.threads}), workers_(layout.workers) {
    for (int i = 0; i < kStreams; ++i) streams_.push_back(std::make_unique<Stream>(engine_, base, workers_));
  }
  // Frames per second.
  double run() {
    std::counting_semaphore<> done(0);
    const auto start = std::chrono::steady_clock::now();
    for (const auto& stream : streams_) stream->begin(done);
    for (int i = 0; i < kStreams; ++i) done.acquire();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    return kStreams * kFramesOfEach / took.count();
  }

 private:
  Engine engine_;
  Workers workers_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

// Busy for a quarter of the time, as a decoder of 768 x 576 at 30 frames per second.
std::jthread decoder() {
  return std::jthread([](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
      while (std::chrono::steady_clock::now() < until) continue;
      std::this_thread::sleep_for(std::chrono::milliseconds(6));
    }
  });
}

// In turns; the medians.
void layouts(benchmark::State& state, const std::string& path, bool beside_decoder) {
  const Base base = read_base(path);
  Crew one(base, {.workers = 1, .threads = 2}), two(base, {.workers = 2, .threads = 1});
  std::jthread busy;
  if (beside_decoder) busy = decoder();
  (void)one.run();
  (void)two.run();
  std::vector<double> one_worker, two_workers;
  for (auto _ : state) {
    one_worker.push_back(one.run());
    two_workers.push_back(two.run());
    state.SetIterationTime(kStreams * kFramesOfEach / two_workers.back());
  }
  const double before = quantile(one_worker, 0.5), now = quantile(two_workers, 0.5);
  state.counters["one_worker_fps"] = before;
  state.counters["two_workers_fps"] = now;
  state.counters["gain"] = now / before;
}

void register_for(const std::string& path) {
  for (const bool beside_decoder : {false, true}) {
    const std::string title = "layouts/" + std::filesystem::path(path).stem().string() +
                              (beside_decoder ? "/beside_decoder" : "/idle");
    benchmark::RegisterBenchmark(title.c_str(),
                                 [=](benchmark::State& state) { layouts(state, path, beside_decoder); })
        ->UseManualTime()
        ->Iterations(15)
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace mainstream

int main(int argc, char** argv) {
  // Set as in the programs: see apps/program.cpp.
  if (std::getenv("GOMP_SPINCOUNT") == nullptr && setenv("GOMP_SPINCOUNT", "5000", 1) == 0)
    execv("/proc/self/exe", argv);
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i) mainstream::register_for(argv[i]);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
