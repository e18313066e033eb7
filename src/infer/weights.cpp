#include "infer/weights.hpp"

#include <algorithm>
#include <cmath>

namespace mainstream {
namespace {

// A convolution's groups are a dimension of their own; output channels are then the first two.
dnnl::primitive_attr quantising(const Tensor& tensor, const Shape& shape) {
  std::vector<float> factors = channel_scales(tensor);
  for (float& factor : factors) factor = 1 / factor;
  dnnl::primitive_attr attr;
  attr.set_output_scales(shape.size() > tensor.shape.size() ? 3 : 1, factors);
  return attr;
}

}  // namespace

std::vector<float> channel_scales(const Tensor& tensor) {
  constexpr float kLargest = 127;
  const auto channels = static_cast<std::size_t>(tensor.shape.front());
  const std::size_t size = tensor.data->size() / channels;
  std::vector<float> scales;
  for (std::size_t c = 0; c < channels; ++c) {
    float largest = 0;
    for (std::size_t i = c * size; i < (c + 1) * size; ++i)
      largest = std::max(largest, std::abs((*tensor.data)[i]));
    // The scale is also 1 for values too small to divide by.
    scales.push_back(std::isnormal(largest / kLargest) ? largest / kLargest : 1);
  }
  return scales;
}

Weights WeightCache::make(const Tensor& tensor, const Shape& shape, const Layout& wanted) const {
  // oneDNN takes constants as writable memory, but does not write to it.
  auto* data = const_cast<float*>(tensor.data->data());
  const Layout plain = row_major(shape);
  dnnl::memory source(plain, engine_, data);
  if (plain == wanted) return std::make_shared<PackedWeights>(PackedWeights{source, tensor.data});
  dnnl::memory packed(wanted, engine_);
  dnnl::stream stream(engine_);
  const auto attr = type_of(wanted) == DataType::s8 ? quantising(tensor, shape) : dnnl::primitive_attr();
  dnnl::reorder(dnnl::reorder::primitive_desc(source, packed, attr)).execute(stream, source, packed);
  stream.wait();
  return std::make_shared<PackedWeights>(PackedWeights{packed, nullptr});
}

void WeightCache::drop_expired() {
  for (auto& [data, entries] : entries_) {
    std::erase_if(entries, [](const Entry& entry) { return entry.weights.expired(); });
  }
  std::erase_if(entries_, [](const auto& item) { return item.second.empty(); });
}

Weights WeightCache::pack(const Tensor& tensor, const Shape& shape, const Layout& wanted) {
  const MutexLock lock(mutex_);
  drop_expired();
  auto& entries = entries_[tensor.data];
  for (const Entry& entry : entries) {
    if (entry.layout != wanted) continue;
    if (auto weights = entry.weights.lock()) return weights;
  }
  auto weights = make(tensor, shape, wanted);
  entries.push_back({wanted, weights});
  return weights;
}

std::size_t WeightCache::bytes() {
  const MutexLock lock(mutex_);
  drop_expired();
  std::size_t bytes = 0;
  for (const auto& [data, entries] : entries_) {
    for (const Entry& entry : entries) bytes += entry.layout.get_size();
  }
  return bytes;
}

}  // namespace mainstream
