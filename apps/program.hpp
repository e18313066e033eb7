// The common parts of the project's programs: global options, and errors as messages and exit codes.
#pragma once

#include <functional>
#include <string>

#include "command.hpp"

namespace mainstream {

// Parses the command line and runs the chosen command's callback. `add_commands` gets the program itself, to
// add its subcommands to. Any exception becomes one line on standard error and the documented exit code; this
// is the only place that catches everything.
[[nodiscard]] int run_program(const std::string& name, const std::string& what,
                              const std::function<void(Command)>& add_commands, int argc, char** argv);

}  // namespace mainstream
