// Activations in oneDNN's terms.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

struct Eltwise {
  dnnl::algorithm algorithm;
  float alpha = 0, beta = 0;
};

// The elementwise operations which, done one after the other, are the activation. Empty when no such chain
// exists: a hard_swish with other constants than x * max(0, min(1, x / 6 + 1 / 2)).
[[nodiscard]] std::vector<Eltwise> eltwise_chain(const op::Activation& activation);

}  // namespace mainstream
