// mainstream train, mainstream measure, mainstream base distill: run mainstream-train under the names that
// users look for.
#include "commands.hpp"
#include "trainer_program.hpp"

namespace mainstream {
namespace {

void add_trainer_command(Command parent, const std::string& name, const std::string& description) {
  const Command command = parent.add_subcommand(name, description);
  command.pass_on([name](std::vector<std::string> words) {
    words.insert(words.begin(), name);
    become_trainer(words);
  });
}

}  // namespace

void add_train_command(Command program) {
  add_trainer_command(program, "train",
                      "Trains an app's candidates from labelled pictures or a labelled clip");
}

void add_measure_command(Command program) {
  add_trainer_command(
      program, "measure",
      "Measures packages on a labelled clip of their camera, and writes them with these figures");
}

void add_distill_command(Command base) {
  add_trainer_command(base, "distill",
                      "Trains a small base to see what a big one sees, from unlabelled pictures");
}

}  // namespace mainstream
