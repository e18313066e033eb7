// The subcommands of `mainstream`: each function adds one to the program, with its options, its example and what it
// does (a callback that runs after parsing). Machine output goes to stdout, all else to stderr.
#pragma once

#include <CLI/CLI.hpp>

namespace mainstream {

void add_base_commands(CLI::App& program);
void add_package_commands(CLI::App& program);
void add_infer_command(CLI::App& program);
void add_bench_command(CLI::App& program);
void add_schedule_command(CLI::App& program);
void add_run_command(CLI::App& program);
void add_score_command(CLI::App& program);

}  // namespace mainstream
