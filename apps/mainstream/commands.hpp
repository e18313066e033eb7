// The subcommands of `mainstream`: each function adds one to the program, with its options, its example and
// its callback, which runs after parsing. Machine output goes to stdout, all else to stderr.
#pragma once

#include "command.hpp"

namespace mainstream {

void add_base_command(Command program);
void add_bench_command(Command program);
void add_fleet_command(Command program);
void add_infer_command(Command program);
void add_node_command(Command program);
void add_package_command(Command program);
void add_replay_command(Command program);
void add_run_command(Command program);
void add_schedule_command(Command program);
void add_score_command(Command program);
void add_demo_command(Command program);
void add_experiment_command(Command program);
void add_train_command(Command program);
void add_measure_command(Command program);
void add_distill_command(Command base);  // into `mainstream base`
void add_calibrate_command(Command base);

}  // namespace mainstream
