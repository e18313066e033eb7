// Ctrl-C during training.
#pragma once

#include <stop_token>

#include "mainstream/error.hpp"

namespace mainstream {

// Throws failed when stop was requested.
inline void throw_if(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorKind::failed, "training was stopped");
}

}  // namespace mainstream
