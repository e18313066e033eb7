// Translates activations to oneDNN's.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

struct Eltwise {
  dnnl::algorithm algorithm;
  float alpha = 0, beta = 0;
};

// The elementwise operations that, chained, compute the activation. Empty when no such chain exists: for a
// hard_swish with constants other than x * max(0, min(1, x / 6 + 1 / 2)).
[[nodiscard]] std::vector<Eltwise> eltwise_chain(const op::Activation& activation);

}  // namespace mainstream
