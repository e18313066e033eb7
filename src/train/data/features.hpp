// The learner's inputs: network inputs, and the stem's activations for them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "mainstream/base.hpp"
#include "train/data/row_store.hpp"

namespace mainstream {

// Immutable rows of floats. Several threads may read at once.
class FeatureSource {
 public:
  virtual ~FeatureSource() = default;
  [[nodiscard]] virtual std::size_t rows() const = 0;
  [[nodiscard]] virtual const Shape& shape() const = 0;  // shape of one row: [1, C, H, W]
  // `out` holds one row.
  virtual void read(std::size_t row, std::span<float> out) const = 0;
};

// Network inputs, kept as the 0..255 values that they come from (media scales to 8 bits, so nothing is lost).
class InputStore : public FeatureSource {
 public:
  InputStore(const InputSpec& spec, std::size_t rows, std::size_t memory,
             const std::filesystem::path& folder);

  void write(std::size_t row, std::span<const float> input);

  [[nodiscard]] std::size_t rows() const override { return store_.rows(); }
  [[nodiscard]] const Shape& shape() const override { return shape_; }
  void read(std::size_t row, std::span<float> out) const override;

 private:
  const InputSpec spec_;
  const Shape shape_;
  std::array<std::array<float, 256>, 3> values_{};  // by channel: the float of each 8-bit value
  RowStore store_;
};

struct FeaturePlan {
  std::size_t memory = std::size_t{2} << 30;  // bytes; larger tensors go to a file
  std::filesystem::path folder;               // for that file
  int threads = 1;
};

// The stem's outputs at a branchpoint for all inputs, computed once by the engine and kept as 16-bit floats;
// when neither memory nor disk has room, computed at each read. At the base's input they are the inputs
// themselves. `base` and `inputs` must outlive the result. `row_done` is called from several threads.
[[nodiscard]] std::unique_ptr<FeatureSource> features_at(const Base& base, const Branchpoint& branchpoint,
                                                         const InputStore& inputs, const FeaturePlan& plan,
                                                         const std::stop_token& stop,
                                                         const std::function<void()>& row_done);

}  // namespace mainstream
