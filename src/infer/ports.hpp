// Copies plain data in and out of plans.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "infer/plan.hpp"

namespace mainstream {

// Copies a row-major tensor in. Throws usage, naming the tensor, when the sizes differ.
void copy_in(const Placed& tensor, std::span<const float> values, const std::string& name);

// A view of a row-major tensor in the plan.
[[nodiscard]] std::span<const float> view_of(const Placed& tensor);

}  // namespace mainstream
