#include "report.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <iterator>
#include <new>

#include "mainstream/error.hpp"

namespace mainstream {

std::string single_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
  return line;
}

int report_exception(const char* program) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", program, single_line(error.what()).c_str());
    return exit_code(error.kind());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "%s: out of memory\n", program);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: unexpected: %s\n", program, single_line(error.what()).c_str());
  }
  return exit_code(ErrorKind::failed);
}

}  // namespace mainstream
