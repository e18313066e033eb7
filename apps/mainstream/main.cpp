// The program `mainstream`: everything but training.
#include "commands.hpp"
#include "program.hpp"

namespace mainstream {
namespace {

void add_commands(Command program) {
  add_base_command(program);
  add_bench_command(program);
  add_fleet_command(program);
  add_infer_command(program);
  add_node_command(program);
  add_package_command(program);
  add_replay_command(program);
  add_run_command(program);
  add_schedule_command(program);
  add_score_command(program);
  add_train_command(program);
  add_measure_command(program);
  add_demo_command(program);
  add_experiment_command(program);
}

}  // namespace
}  // namespace mainstream

int main(int argc, char** argv) {
  return mainstream::run_program("mainstream",
                                 "Mainstream: many apps, few cores, one shared stem per camera.",
                                 mainstream::add_commands, argc, argv);
}
