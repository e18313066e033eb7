// The subcommands of `mainstream-train`: each function adds one to the program. Machine output goes to
// stdout, all else to stderr.
#pragma once

#include <CLI/CLI.hpp>

namespace mainstream {

void add_evaluate_command(CLI::App& program);
void add_measure_command(CLI::App& program);
void add_train_command(CLI::App& program);
void add_distill_command(CLI::App& program);

}  // namespace mainstream
