// Throws the error for an untrusted file.
#pragma once

#include <string>

#include "mainstream/error.hpp"

namespace mainstream {

[[noreturn]] inline void refuse(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::untrusted, where + ": " + what);
}

}  // namespace mainstream
