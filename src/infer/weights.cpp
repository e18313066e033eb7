#include "infer/weights.hpp"

#include <algorithm>

namespace mainstream {

Weights WeightCache::make(const Tensor& tensor, const Shape& shape, const Layout& wanted) const {
  // oneDNN takes constants as writable memory and does not write to them.
  auto* data = const_cast<float*>(tensor.data->data());
  const Layout plain = row_major(shape);
  dnnl::memory source(plain, engine_, data);
  if (plain == wanted) return std::make_shared<PackedWeights>(PackedWeights{tensor, source});
  // A copy needs no tie to the constant's data but for the cache's key, which must not be reused.
  dnnl::memory packed(wanted, engine_);
  dnnl::stream stream(engine_);
  dnnl::reorder(source, packed).execute(stream, source, packed);
  stream.wait();
  return std::make_shared<PackedWeights>(PackedWeights{tensor, packed});
}

void WeightCache::drop_expired() {
  for (auto& [data, entries] : entries_) {
    std::erase_if(entries, [](const Entry& entry) { return entry.weights.expired(); });
  }
  std::erase_if(entries_, [](const auto& item) { return item.second.empty(); });
}

Weights WeightCache::pack(const Tensor& tensor, const Shape& shape, const Layout& wanted) {
  const std::lock_guard lock(mutex_);
  drop_expired();
  auto& entries = entries_[tensor.data->data()];
  for (const Entry& entry : entries) {
    if (entry.layout != wanted) continue;
    if (auto weights = entry.weights.lock()) return weights;
  }
  auto weights = make(tensor, shape, wanted);
  entries.push_back({wanted, weights});
  return weights;
}

std::size_t WeightCache::size() {
  const std::lock_guard lock(mutex_);
  drop_expired();
  std::size_t count = 0;
  for (const auto& [data, entries] : entries_) count += entries.size();
  return count;
}

}  // namespace mainstream
