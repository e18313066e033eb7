// Instruction sets that oneDNN uses on this processor.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

namespace mainstream {

// Whether oneDNN generates code with these instructions here (ONEDNN_MAX_CPU_ISA can forbid them).
[[nodiscard]] inline bool has_isa(dnnl::cpu_isa wanted) {
  const auto bits = static_cast<unsigned>(wanted);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & bits) == bits;
}

}  // namespace mainstream
