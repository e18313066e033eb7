// Turns an exception into a message and an exit code.
#pragma once

#include <string>
#include <string_view>

namespace mainstream {

// Call it in a catch block: prints the current exception on standard error, in one line that starts with the
// program's name, and returns its exit code.
[[nodiscard]] int report_exception(const char* program) noexcept;

// Writes control characters (of names in hostile files) as \xNN, so that a text stays one line and cannot
// control a terminal.
[[nodiscard]] std::string single_line(std::string_view text);

}  // namespace mainstream
