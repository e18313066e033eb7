// Turns an exception into a message and an exit code.
#pragma once

namespace mainstream {

// Call it in a catch block: prints the current exception on standard error, in one line that starts with the
// program's name, cleaned and bounded (core/text.hpp), and returns its exit code.
[[nodiscard]] int report_exception(const char* program) noexcept;

}  // namespace mainstream
