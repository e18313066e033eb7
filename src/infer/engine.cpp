#include "mainstream/engine.hpp"

#include "core/cpus.hpp"
#include "infer/isa.hpp"
#include "infer/plan.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

Engine::Engine(const EngineOptions& options) {
  if (options.threads < 0)
    throw Error(ErrorKind::usage, "expected 0 engine threads (all usable ones) or more, got " +
                                      std::to_string(options.threads));
  state_ = std::make_shared<State>(options.threads > 0 ? options.threads : usable_cpus());
}

bool processor_has(NumberType number_type) {
  switch (number_type) {
    case NumberType::f32:
      return true;
    case NumberType::bf16:
      return has_isa(dnnl::cpu_isa::avx512_core_bf16);
    case NumberType::int8:
      return has_isa(dnnl::cpu_isa::avx512_core_vnni) || has_isa(dnnl::cpu_isa::avx2_vnni);
  }
  return false;
}

int Engine::threads() const {
  return state_->threads;
}

std::size_t Engine::weight_bytes() const {
  return state_->weights.bytes();
}

}  // namespace mainstream
