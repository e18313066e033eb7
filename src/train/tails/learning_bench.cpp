// How fast tails learn in bf16 beside f32, on the networks named on the command line. docs/benchmarks.md
// defines the figures.
//   build/bench/bin/train_bench NETWORK.onnx.. [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <random>

#include "infer/measure.hpp"
#include "mainstream/engine.hpp"
#include "train/branchpoint_choice.hpp"
#include "train/recipe.hpp"
#include "train/tails/tail_graph.hpp"
#include "train/tails/tail_model.hpp"

namespace mainstream {
namespace {

// One row that stands for all: any values take the same time.
class OneRow : public FeatureSource {
 public:
  explicit OneRow(Shape shape)
      : shape_(std::move(shape)), values_(static_cast<std::size_t>(element_count(shape_))) {
    std::minstd_rand random;
    std::uniform_real_distribution<float> distribution(0, 1);
    for (float& value : values_) value = distribution(random);
  }
  [[nodiscard]] std::size_t rows() const override { return recipe::kPictureTails.batch; }
  [[nodiscard]] const Shape& shape() const override { return shape_; }
  void read(std::size_t, std::span<float> out) const override { std::ranges::copy(values_, out.begin()); }

 private:
  const Shape shape_;
  std::vector<float> values_;
};

// One step of a tail in f32 and one in bf16, in turns, each on one thread, as the trainer has them.
void learn(benchmark::State& state, const Base& base, const Branchpoint& branchpoint) {
  const OneRow features(base.graph.shape(branchpoint.tensor));
  const std::vector<int> labels(features.rows(), 0);
  std::vector<TailRow> rows;
  for (std::size_t row = 0; row < features.rows(); ++row) rows.push_back({row, row});
  const auto model = [&](NumberType number_type) {
    return TailModel(new_tail(base, branchpoint, HeadKind::average, 2, 1), features,
                     {.learning_rate = recipe::kPictureTails.learning_rate,
                      .batch = features.rows(),
                      .number_type = number_type},
                     1);
  };
  const auto step_ms = [&](TailModel& learner) {
    const auto start = std::chrono::steady_clock::now();
    learner.train(rows, {labels, 2, {}}, 0, 0.1, {});
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  };
  set_model_threads(1);
  TailModel f32 = model(NumberType::f32), bf16 = model(NumberType::bf16);
  step_ms(f32);
  step_ms(bf16);
  std::vector<double> f32_ms, bf16_ms, ratios;
  for (auto _ : state) {
    f32_ms.push_back(step_ms(f32));
    bf16_ms.push_back(step_ms(bf16));
    ratios.push_back(f32_ms.back() / bf16_ms.back());
    state.SetIterationTime(bf16_ms.back() / 1000);
  }
  state.counters["f32_ms"] = quantile(f32_ms, 0.5);
  state.counters["bf16_ms"] = quantile(bf16_ms, 0.5);
  state.counters["f32_over_bf16"] = quantile(ratios, 0.5);
}

}  // namespace
}  // namespace mainstream

int main(int argc, char** argv) {
  using namespace mainstream;
  benchmark::Initialize(&argc, argv);
  if (!processor_has(NumberType::bf16)) {
    std::fputs("train_bench: this processor does not compute in bf16\n", stderr);
    return 1;
  }
  for (int i = 1; i < argc; ++i) {
    const auto base = std::make_shared<const Base>(prepare_base(read_onnx(argv[i]), {}));
    for (const Branchpoint& branchpoint : choose_tail_branchpoints(*base, {}, base->branchpoints)) {
      const std::string title = fmt::format("learn/{}/{:.0f}", std::filesystem::path(argv[i]).stem().string(),
                                            100 * branchpoint.fraction);
      benchmark::RegisterBenchmark(title.c_str(),
                                   [=](benchmark::State& state) { learn(state, *base, branchpoint); })
          ->UseManualTime()
          ->Iterations(7)
          ->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
