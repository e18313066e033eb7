// AdamW (Loshchilov and Hutter 2019): Adam with decoupled weight decay.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace mainstream {

class AdamW {
 public:
  // Biases (one dimension) are not decayed.
  explicit AdamW(double weight_decay) : weight_decay_(weight_decay) {}

  // A leaf that requires a gradient; `rate_factor` multiplies the learning rate for it.
  void add(const at::Tensor& parameter, double rate_factor);

  // Sets the gradients to zero afterwards.
  void step(double learning_rate);

 private:
  struct Slot {
    at::Tensor parameter, mean, square;
    double rate_factor;
  };
  const double weight_decay_;
  std::vector<Slot> slots_;
  std::int64_t steps_ = 0;
};

}  // namespace mainstream
