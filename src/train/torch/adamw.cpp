#include "train/torch/adamw.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

namespace mainstream {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

}  // namespace

void AdamW::add(const at::Tensor& parameter, double rate_factor) {
  slots_.push_back({parameter, at::zeros_like(parameter), at::zeros_like(parameter), rate_factor});
  slots_.back().mean.set_requires_grad(false);
  slots_.back().square.set_requires_grad(false);
}

void AdamW::step(double learning_rate) {
  const at::NoGradGuard no_gradients;
  ++steps_;
  const double correction1 = 1 - std::pow(kBeta1, steps_), correction2 = 1 - std::pow(kBeta2, steps_);
  for (Slot& slot : slots_) {
    const at::Tensor gradient = slot.parameter.grad();
    if (!gradient.defined()) continue;
    const double rate = learning_rate * slot.rate_factor;
    slot.mean.mul_(kBeta1).add_(gradient, 1 - kBeta1);
    slot.square.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    if (slot.parameter.dim() > 1) slot.parameter.mul_(1 - rate * weight_decay_);
    const at::Tensor scale = slot.square.sqrt().div_(std::sqrt(correction2)).add_(kEpsilon);
    slot.parameter.addcdiv_(slot.mean, scale, -rate / correction1);
    gradient.zero_();
  }
}

}  // namespace mainstream
