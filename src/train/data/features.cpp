#include "train/data/features.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "core/log.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/error.hpp"
#include "train/data/half_rows.hpp"
#include "train/parallel.hpp"
#include "train/stopped.hpp"

namespace mainstream {
namespace {

// Lends the inputs under the name of a branchpoint.
class BorrowedInputs : public FeatureSource {
 public:
  explicit BorrowedInputs(const InputStore& inputs) : inputs_(inputs) {}
  [[nodiscard]] std::size_t rows() const override { return inputs_.rows(); }
  [[nodiscard]] const Shape& shape() const override { return inputs_.shape(); }
  void read(std::size_t row, std::span<float> out) const override { inputs_.read(row, out); }

 private:
  const InputStore& inputs_;
};

// Runs the stem whenever a row is read. Each reader has a stem on one thread, since parallel rows scale
// better than threads within a small network.
class ComputedFeatures : public FeatureSource {
 public:
  ComputedFeatures(const Base& base, const Branchpoint& branchpoint, const InputStore& inputs)
      : inputs_(inputs),
        base_(base),
        tensor_(branchpoint.tensor),
        shape_(base.graph.shape(tensor_)),
        engine_(EngineOptions{.threads = 1}) {}

  [[nodiscard]] std::size_t rows() const override { return inputs_.rows(); }
  [[nodiscard]] const Shape& shape() const override { return shape_; }

  void read(std::size_t row, std::span<float> out) const override {
    std::vector<float> input(static_cast<std::size_t>(element_count(inputs_.shape())));
    inputs_.read(row, input);
    std::unique_ptr<Stem> stem = take();
    stem->load(input);
    stem->run_to(0);
    std::ranges::copy(stem->read(0), out.begin());
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(stem));
  }

 private:
  std::unique_ptr<Stem> take() const {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Stem> stem = std::move(idle_.back());
        idle_.pop_back();
        return stem;
      }
    }
    return std::make_unique<Stem>(engine_, base_.graph, std::vector<std::string>{tensor_});
  }

  const InputStore& inputs_;
  const Base& base_;
  const std::string tensor_;
  const Shape shape_;
  const Engine engine_;
  mutable std::mutex mutex_;  // protects what follows
  mutable std::vector<std::unique_ptr<Stem>> idle_;
};

class StoredFeatures : public FeatureSource {
 public:
  StoredFeatures(std::size_t rows, Shape shape, std::size_t memory, const std::filesystem::path& folder)
      : shape_(std::move(shape)),
        rows_(rows, static_cast<std::size_t>(element_count(shape_)), memory, folder) {}

  [[nodiscard]] std::size_t rows() const override { return rows_.rows(); }
  [[nodiscard]] const Shape& shape() const override { return shape_; }

  void write(std::size_t row, std::span<const float> values) { rows_.write(row, values); }
  void read(std::size_t row, std::span<float> out) const override { rows_.read(row, out); }

 private:
  const Shape shape_;
  HalfRows rows_;
};

}  // namespace

InputStore::InputStore(const InputSpec& spec, std::size_t rows, std::size_t memory,
                       const std::filesystem::path& folder)
    : spec_(spec),
      shape_{1, 3, spec.height, spec.width},
      store_(rows, static_cast<std::size_t>(element_count(shape_)), memory, folder) {
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t value = 0; value < 256; ++value) {
      values_[channel][value] = (static_cast<float>(value) - spec.mean[channel]) * spec.scale[channel];
    }
  }
}

void InputStore::write(std::size_t row, std::span<const float> input) {
  const std::span<std::byte> bytes = store_.row(row);
  const std::size_t plane = bytes.size() / 3;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t channel = i / plane;
    const float value = std::round(input[i] / spec_.scale[channel] + spec_.mean[channel]);
    bytes[i] = static_cast<std::byte>(std::clamp(value, 0.0F, 255.0F));
  }
}

void InputStore::read(std::size_t row, std::span<float> out) const {
  const std::span<const std::byte> bytes = store_.row(row);
  const std::size_t plane = bytes.size() / 3;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    const auto& values = values_[channel];
    for (std::size_t i = channel * plane; i < (channel + 1) * plane; ++i) {
      out[i] = values[static_cast<std::size_t>(bytes[i])];
    }
  }
}

std::unique_ptr<FeatureSource> features_at(const Base& base, const Branchpoint& branchpoint,
                                           const InputStore& inputs, const FeaturePlan& plan,
                                           const std::stop_token& stop,
                                           const std::function<void()>& row_done) {
  if (branchpoint.layers == 0) return std::make_unique<BorrowedInputs>(inputs);
  auto computed = std::make_unique<ComputedFeatures>(base, branchpoint, inputs);
  std::unique_ptr<StoredFeatures> stored;
  try {
    stored = std::make_unique<StoredFeatures>(inputs.rows(), computed->shape(), plan.memory, plan.folder);
  } catch (const Error& error) {
    module_log("train").warn("{}; the stem runs again for every batch, which is slower", error.what());
    return computed;
  }
  parallel_for(inputs.rows(), plan.threads, [&](std::size_t row) {
    throw_if(stop);
    std::vector<float> values(static_cast<std::size_t>(element_count(computed->shape())));
    computed->read(row, values);
    stored->write(row, values);
    row_done();
  });
  return stored;
}

}  // namespace mainstream
