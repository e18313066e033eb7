// Packs constants into the layouts of primitives, once, and shares them.
#pragma once

#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "core/mutex.hpp"
#include "infer/layout.hpp"
#include "mainstream/graph.hpp"

namespace mainstream {

// The scale (value / stored) of symmetric s8 for each index of the first dimension.
[[nodiscard]] std::vector<float> channel_scales(const Tensor& tensor);

// A constant in one layout.
struct PackedWeights {
  dnnl::memory memory;
  std::shared_ptr<const std::vector<float>> data;  // set if `memory` is the constant's own, not a copy
};
using Weights = std::shared_ptr<const PackedWeights>;

// Two plans over the same constant (the same data, not equal data) in the same layout share memory, which is
// freed with the last of them. A constant that was copied may be freed earlier. Thread-safe.
class WeightCache {
 public:
  explicit WeightCache(const dnnl::engine& engine) : engine_(engine) {}

  // `shape` is how the primitive sees the row-major constant (a convolution's groups as a dimension of their
  // own); it has as many elements as the constant. In s8, elements are divided by the scale of their output
  // channel.
  [[nodiscard]] Weights pack(const Tensor& tensor, const Shape& shape, const Layout& wanted);

  [[nodiscard]] std::size_t bytes();  // total size of the weights in use

 private:
  struct Entry {
    Layout layout;
    std::weak_ptr<const PackedWeights> weights;
  };
  [[nodiscard]] Weights make(const Tensor& tensor, const Shape& shape, const Layout& wanted) const;
  void drop_expired() REQUIRES(mutex_);

  const dnnl::engine engine_;
  Mutex mutex_;
  // By constant; the weak pointer keeps the owner's identity unique after the constant is freed.
  std::map<std::weak_ptr<const std::vector<float>>, std::vector<Entry>, std::owner_less<>> entries_
      GUARDED_BY(mutex_);
};

}  // namespace mainstream
