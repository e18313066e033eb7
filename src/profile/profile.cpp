#include "mainstream/profile.hpp"

#include <fmt/format.h>

#include <numeric>

#include "graph/passes.hpp"
#include "infer/layer_times.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

std::vector<std::string> tensors_of(const Base& base) {
  std::vector<std::string> tensors;
  for (const Branchpoint& branchpoint : base.branchpoints) tensors.push_back(branchpoint.tensor);
  return tensors;
}

}  // namespace

double Profile::range_ms(std::int64_t first, std::int64_t end) const {
  if (first < 0 || end < first || end > static_cast<std::int64_t>(layer_ms.size()))
    throw Error(ErrorKind::usage,
                fmt::format("expected layers within 0..{}, got {}..{}", layer_ms.size(), first, end));
  return std::accumulate(layer_ms.begin() + first, layer_ms.begin() + end, 0.0);
}

Profile profile_base(const Engine& engine, const Base& base, NumberType number_type,
                     std::chrono::milliseconds duration) {
  LayerTimes times = measure_layers(engine, stem_of(base.graph, base.features), tensors_of(base), number_type,
                                    base.ranges_for(number_type), duration);
  return {.base_id = base.id,
          .processor = processor_name(),
          .threads = engine.threads(),
          .number_type = number_type,
          .layer_ms = std::move(times.layer_ms),
          .stem = times.whole,
          .scale_ms = {},
          .own_ms = {}};
}

std::vector<NumberType> offered_number_types(const Base& base) {
  std::vector<NumberType> offered;
  for (const NumberType number_type : {NumberType::bf16, NumberType::int8}) {
    if (base.offers(number_type) && processor_has(number_type)) offered.push_back(number_type);
  }
  return offered;
}

}  // namespace mainstream
