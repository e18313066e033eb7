// The program `mainstream`: everything but training.
#include "commands.hpp"
#include "program.hpp"

int main(int argc, char** argv) {
  CLI::App program{"Mainstream: many apps, few cores, one shared stem per camera.", "mainstream"};
  mainstream::add_base_command(program);
  mainstream::add_bench_command(program);
  mainstream::add_fleet_command(program);
  mainstream::add_infer_command(program);
  mainstream::add_node_command(program);
  mainstream::add_package_command(program);
  mainstream::add_replay_command(program);
  mainstream::add_run_command(program);
  mainstream::add_schedule_command(program);
  mainstream::add_score_command(program);
  mainstream::add_train_command(program);
  mainstream::add_measure_command(program);
  mainstream::add_demo_command(program);
  mainstream::add_experiment_command(program);
  return mainstream::run_program(program, argc, argv);
}
