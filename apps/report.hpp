// What a program's main does with an exception.
#pragma once

#include <string>
#include <string_view>

namespace mainstream {

// To be called in a catch block: tells the exception being handled on standard error, in one line that begins
// with the program's name, and returns the exit code that belongs to it.
[[nodiscard]] int report_exception(const char* program) noexcept;

// Control characters (of names in hostile files) as \xNN, so that a text stays one line and cannot steer a
// terminal.
[[nodiscard]] std::string single_line(std::string_view text);

}  // namespace mainstream
