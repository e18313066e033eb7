// The program `mainstream-train`: M-Trainer. A separate program, because `mainstream` must start without
// libtorch.
#include <malloc.h>

#include "commands.hpp"
#include "program.hpp"

namespace mainstream {
namespace {

// libtorch allocates every tensor of every step anew. The allocator would return this memory to the system
// each time, and faulting it in again took as long as the computing.
void keep_freed_memory() {
  constexpr int kNever = -1, kStep = 64 << 20;
  mallopt(M_TRIM_THRESHOLD, kNever);
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TOP_PAD, kStep);
  mallopt(M_ARENA_MAX, 1);  // other arenas return unused memory, whatever the threshold
}

void add_commands(Command program) {
  add_train_command(program);
  add_evaluate_command(program);
  add_measure_command(program);
  add_distill_command(program);
}

}  // namespace
}  // namespace mainstream

int main(int argc, char** argv) {
  mainstream::keep_freed_memory();
  return mainstream::run_program("mainstream-train",
                                 "M-Trainer: candidates of an app, and base networks, from your own data.",
                                 mainstream::add_commands, argc, argv);
}
