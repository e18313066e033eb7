// Standard error: what people read.
#pragma once

#include <cstddef>
#include <string_view>

namespace mainstream {

// Writes the text to standard error, as it is. Where that is closed, full or gone, the text is lost; a reader
// that stalls is waited for once, for a second. Nothing of this stops the caller. Thread-safe.
void say(std::string_view text) noexcept;

// What a person wants to know but nobody needs (progress, summaries): say(), unless the program is quiet.
void inform(std::string_view text) noexcept;

// Program-wide, for --quiet: inform() and Progress write nothing. Set it before other threads start.
void be_quiet() noexcept;
[[nodiscard]] bool is_quiet() noexcept;

// Whether standard error is a terminal, and whether that wants colours (NO_COLOR is not set, no-color.org).
[[nodiscard]] bool on_terminal() noexcept;
[[nodiscard]] bool wants_colour() noexcept;

// The characters in a line of the terminal: COLUMNS, else what the terminal says, else 80.
[[nodiscard]] std::size_t terminal_columns() noexcept;

}  // namespace mainstream
