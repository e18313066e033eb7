#include "infer/activation.hpp"

#include <cmath>

namespace mainstream {

std::vector<Eltwise> eltwise_chain(const op::Activation& activation) {
  using Kind = op::Activation::Kind;
  using dnnl::algorithm;
  const float alpha = activation.alpha;
  const float beta = activation.beta;
  switch (activation.kind) {
    case Kind::relu:
      return {{algorithm::eltwise_relu}};
    case Kind::clip:
      return {{algorithm::eltwise_clip, alpha, beta}};
    case Kind::leaky_relu:
      return {{algorithm::eltwise_relu, alpha}};
    case Kind::elu:
      return {{algorithm::eltwise_elu, alpha}};
    case Kind::sigmoid:
      return {{algorithm::eltwise_logistic}};
    case Kind::hard_sigmoid:
      return {{algorithm::eltwise_linear, alpha, beta}, {algorithm::eltwise_clip, 0, 1}};
    case Kind::hard_swish:
      if (std::abs(alpha - 1.0F / 6) > 1e-6F || beta != 0.5F) return {};
      return {{algorithm::eltwise_hardswish}};
    case Kind::swish:
      return {{algorithm::eltwise_swish, alpha}};
    case Kind::tanh:
      return {{algorithm::eltwise_tanh}};
  }
  return {};
}

}  // namespace mainstream
