// The subcommands of `mainstream`: each function adds one to the program, with its options, its example and
// its callback, which runs after parsing. Machine output goes to stdout, all else to stderr.
#pragma once

#include <CLI/CLI.hpp>

namespace mainstream {

void add_base_command(CLI::App& program);
void add_bench_command(CLI::App& program);
void add_fleet_command(CLI::App& program);
void add_infer_command(CLI::App& program);
void add_node_command(CLI::App& program);
void add_package_command(CLI::App& program);
void add_replay_command(CLI::App& program);
void add_run_command(CLI::App& program);
void add_schedule_command(CLI::App& program);
void add_score_command(CLI::App& program);
void add_demo_command(CLI::App& program);
void add_experiment_command(CLI::App& program);
void add_train_command(CLI::App& program);
void add_measure_command(CLI::App& program);
void add_distill_command(CLI::App& base);  // into `mainstream base`
void add_calibrate_command(CLI::App& base);

}  // namespace mainstream
