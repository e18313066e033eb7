// The common parts of the project's programs: global options, and errors as messages and exit codes.
#pragma once

#include <CLI/CLI.hpp>

namespace mainstream {

// Parses the command line and runs the chosen command's callback. Any exception becomes one line on standard
// error and the documented exit code; this is the only place that catches everything.
[[nodiscard]] int run_program(CLI::App& program, int argc, char** argv);

}  // namespace mainstream
