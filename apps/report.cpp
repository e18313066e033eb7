#include "report.hpp"

#include <fmt/format.h>

#include <exception>
#include <new>

#include "core/terminal.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

namespace {

void report(const char* program, const char* kind, const char* what) {
  say(fmt::format("{}: {}{}\n", program, kind, clean(what, kMostMessage)));
}

}  // namespace

int report_exception(const char* program) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    report(program, "", error.what());
    return exit_code(error.kind());
  } catch (const std::bad_alloc&) {
    say(program);
    say(": out of memory\n");
  } catch (const std::exception& error) {
    report(program, "unexpected: ", error.what());
  }
  return exit_code(ErrorKind::failed);
}

}  // namespace mainstream
