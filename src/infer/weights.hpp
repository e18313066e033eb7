// Constants in the layouts that primitives want, made once and shared.
#pragma once

#include <map>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "core/mutex.hpp"
#include "infer/layout.hpp"
#include "mainstream/graph.hpp"

namespace mainstream {

// For each index of the first dimension, what one step of symmetric s8 stands for.
[[nodiscard]] std::vector<float> channel_scales(const Tensor& tensor);

// A constant in one layout.
struct PackedWeights {
  dnnl::memory memory;
  std::shared_ptr<const std::vector<float>> data;  // where `memory` is the constant's own, not a copy
};
using Weights = std::shared_ptr<const PackedWeights>;

// Two plans over the same constant (the same data, not equal data) that want the same layout get the same
// memory; it goes when the last of them goes. Constants that were copied may go before. Thread-safe.
class WeightCache {
 public:
  explicit WeightCache(const dnnl::engine& engine) : engine_(engine) {}

  // `shape` is how the primitive sees the row-major constant (a convolution's groups as a dimension of
  // their own); it has as many elements as the constant. Of s8, what is packed are the elements over the
  // scale of their output channel.
  [[nodiscard]] Weights pack(const Tensor& tensor, const Shape& shape, const Layout& wanted);

  [[nodiscard]] std::size_t bytes();  // of all that is in use

 private:
  struct Entry {
    Layout layout;
    std::weak_ptr<const PackedWeights> weights;
  };
  [[nodiscard]] Weights make(const Tensor& tensor, const Shape& shape, const Layout& wanted) const;
  void drop_expired() REQUIRES(mutex_);

  const dnnl::engine engine_;
  Mutex mutex_;
  // By constant; an owner stays known, and no other has its place, while a weak pointer to it is kept.
  std::map<std::weak_ptr<const std::vector<float>>, std::vector<Entry>, std::owner_less<>> entries_
      GUARDED_BY(mutex_);
};

}  // namespace mainstream
