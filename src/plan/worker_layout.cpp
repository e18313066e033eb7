// Layouts of workers and threads: which one analyses the most frames on this machine.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "core/cpus.hpp"
#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "infer/layer_times.hpp"
#include "infer/measure.hpp"
#include "mainstream/error.hpp"
#include "mainstream/planning.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr int kRounds = 5;
constexpr auto kRoundTime = milliseconds(60);
// Fewer threads that wait for each other disturb less of what else runs: they may lose this share.
constexpr double kNearlyEqual = 0.05;
// A decoder's share of a processor: frames of 768 x 576 at 30 per second take about that.
constexpr auto kDecoderBusy = milliseconds(2), kDecoderIdle = milliseconds(6);

double seconds_since(SteadyTime start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A thread that takes a processor now and then, while it lives.
class Decoder {
 public:
  Decoder()
      : thread_([](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            const auto until = std::chrono::steady_clock::now() + kDecoderBusy;
            while (std::chrono::steady_clock::now() < until) continue;
            std::this_thread::sleep_for(kDecoderIdle);
          }
        }) {}

 private:
  std::jthread thread_;
};

Stem whole_stem(const Engine& engine, const Base& base) {
  Stem stem(engine, base.graph, {base.features});
  const InputSpec& input = base.input;
  stem.load(std::vector<float>(static_cast<std::size_t>(3 * input.height * input.width), 0.5F));
  return stem;
}

// The stems of a mix on the workers of one layout, dealt out in turn.
class Crew {
 public:
  Crew(const Mix& mix, const WorkerLayout& layout)
      : engine_({.threads = layout.threads}), stems_(static_cast<std::size_t>(layout.workers)) {
    for (std::size_t s = 0; s < mix.stems.size(); ++s) {
      const Base& base = mix.stems[s].base;
      stems_[s % stems_.size()].push_back({whole_stem(engine_, base), base.input});
    }
  }

  // Frames per second over some time.
  [[nodiscard]] double run(milliseconds time) {
    std::atomic<std::int64_t> frames = 0;
    const auto start = std::chrono::steady_clock::now();
    {
      std::vector<std::jthread> workers;
      for (auto& stems : stems_) {
        workers.emplace_back([&] {
          for (std::size_t i = 0; std::chrono::steady_clock::now() < start + time; ++i) {
            analyse(stems[i % stems.size()]);
            ++frames;
          }
        });
      }
    }
    return static_cast<double>(frames) / seconds_since(start);
  }

 private:
  struct Loaded {
    Stem stem;
    InputSpec input;
  };

  static void analyse(Loaded& loaded) {
    const InputSpec& input = loaded.input;
    thread_local std::vector<float> values;
    values.assign(static_cast<std::size_t>(3 * input.height * input.width), 0.5F);
    loaded.stem.load(values);
    loaded.stem.run_to(0);
  }

  Engine engine_;
  std::vector<std::vector<Loaded>> stems_;  // by worker
};

std::vector<WorkerLayout> possible_layouts(std::size_t stems, int cpus) {
  std::vector<WorkerLayout> layouts;
  for (int threads = 1; threads <= cpus; threads *= 2) {
    layouts.push_back({std::clamp(cpus / threads, 1, static_cast<int>(stems)), threads});
  }
  return layouts;
}

std::filesystem::path layout_file(const Mix& mix, int cpus, const std::filesystem::path& folder) {
  std::set<std::string> bases;
  for (const Mix::Stem& stem : mix.stems) bases.insert(stem.base.id);
  const std::string key = fmt::format("{} {} {} {} {} {}", joined(bases, " "),
                                      std::min<std::size_t>(mix.stems.size(), static_cast<std::size_t>(cpus)),
                                      cpus, processor_name(), engine_version(), MAINSTREAM_VERSION);
  return folder / fmt::format("layout-{}.json", sha256(key).substr(0, 16));
}

std::optional<WorkerLayout> stored_layout(const std::filesystem::path& file, int cpus) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    const JsonField root = read_json(read_file(file), file.string());
    return WorkerLayout{static_cast<int>(root["workers"].integer(1, cpus)),
                        static_cast<int>(root["threads"].integer(1, cpus))};
  } catch (const Error& error) {
    module_log("plan").warn("{}; measuring again", error.what());
    return std::nullopt;
  }
}

void store_layout(const std::filesystem::path& file, const WorkerLayout& best,
                  const std::vector<WorkerThroughput>& measured) {
  Json all = Json::array();
  for (const auto& [layout, frames] : measured) {
    all.push_back({{"workers", layout.workers}, {"threads", layout.threads}, {"frames_per_s", frames}});
  }
  const Json json = {{"workers", best.workers}, {"threads", best.threads}, {"measured", all}};
  try {
    std::filesystem::create_directories(file.parent_path());
    write_file(file, json_text(json, 1) + "\n");
  } catch (const std::exception& error) {
    module_log("plan").warn("cannot store the layout of workers: {}", error.what());
  }
}

}  // namespace

std::vector<WorkerThroughput> measure_worker_layouts(const Mix& mix, int cpus) {
  const std::vector<WorkerLayout> layouts = possible_layouts(mix.stems.size(), cpus);
  const Decoder decoder;
  std::vector<std::unique_ptr<Crew>> crews;
  std::vector<std::vector<double>> rates(layouts.size());
  for (const WorkerLayout& layout : layouts) {
    crews.push_back(std::make_unique<Crew>(mix, layout));
    (void)crews.back()->run(kRoundTime / 2);  // warms up
  }
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < layouts.size(); ++i) rates[i].push_back(crews[i]->run(kRoundTime));
  }
  std::vector<WorkerThroughput> measured;
  for (std::size_t i = 0; i < layouts.size(); ++i) measured.push_back({layouts[i], quantile(rates[i], 0.5)});
  return measured;
}

WorkerLayout best_worker_layout(const Mix& mix, int cpus, const std::filesystem::path& folder) {
  const std::vector<WorkerLayout> layouts =
      possible_layouts(std::max<std::size_t>(mix.stems.size(), 1), cpus);
  if (layouts.size() == 1 || mix.stems.empty()) return layouts.front();
  const std::filesystem::path file = layout_file(mix, cpus, folder);
  if (const auto stored = stored_layout(file, cpus)) return *stored;
  const std::vector<WorkerThroughput> measured = measure_worker_layouts(mix, cpus);
  const double most = std::ranges::max_element(measured, {}, &WorkerThroughput::frames_per_s)->frames_per_s;
  const auto best = std::ranges::find_if(
      measured, [&](const auto& each) { return each.frames_per_s >= (1 - kNearlyEqual) * most; });
  store_layout(file, best->layout, measured);
  module_log("plan").info("{} workers with {} engine threads each analyse the most frames on this machine",
                          best->layout.workers, best->layout.threads);
  return best->layout;
}

int engine_threads(int wanted, const Mix& mix) {
  return wanted > 0 ? wanted : best_worker_layout(mix, usable_cpus()).threads;
}

}  // namespace mainstream
