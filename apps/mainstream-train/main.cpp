// The program `mainstream-train`: M-Trainer. Apart from `mainstream`, which must start without libtorch.
#include "commands.hpp"
#include "program.hpp"

int main(int argc, char** argv) {
  CLI::App program{"M-Trainer: candidates of an app, and base networks, from your own data.",
                   "mainstream-train"};
  mainstream::add_train_command(program);
  mainstream::add_evaluate_command(program);
  mainstream::add_distill_command(program);
  return mainstream::run_program(program, argc, argv);
}
