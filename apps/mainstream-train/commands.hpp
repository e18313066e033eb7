// The subcommands of `mainstream-train`: each function adds one to the program. Machine output goes to
// stdout, all else to stderr.
#pragma once

#include "command.hpp"

namespace mainstream {

void add_evaluate_command(Command program);
void add_measure_command(Command program);
void add_train_command(Command program);
void add_distill_command(Command program);

}  // namespace mainstream
