// Helpers of all fuzz targets.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mainstream/error.hpp"

namespace mainstream {

// Reports a broken promise of a reader: libFuzzer keeps the input.
[[noreturn]] inline void broken(const std::string& promise) {
  std::fprintf(stderr, "broken promise: %s\n", promise.c_str());
  std::abort();
}

inline void expect(bool kept, const std::string& promise) {
  if (!kept) broken(promise);
}

// True if `read` accepts the input. It may refuse it only with an Error that says where; any other exception
// ends the run.
template <typename Read>
bool accepts(std::string_view source, const Read& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    expect(exit_code(error.kind()) == 3, std::string("the input is to blame: ") + error.what());
    expect(std::string_view(error.what()).find(source) != std::string_view::npos,
           std::string("the message says where: ") + error.what());
    return false;
  }
}

}  // namespace mainstream
