#include "mainstream/engine.hpp"

#include "core/cpus.hpp"
#include "infer/plan.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

Engine::Engine(const EngineOptions& options) {
  if (options.threads < 0)
    throw Error(ErrorKind::usage, "the engine's threads must be 0 (as many as usable) or more, not " +
                                      std::to_string(options.threads));
  state_ = std::make_shared<State>(options.threads > 0 ? options.threads : usable_cpus());
}

int Engine::threads() const {
  return state_->threads;
}

}  // namespace mainstream
