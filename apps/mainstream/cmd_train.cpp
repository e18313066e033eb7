// mainstream train, mainstream measure, mainstream base distill: run mainstream-train under the names that
// users look for.
#include "commands.hpp"
#include "trainer_program.hpp"

namespace mainstream {
namespace {

void add_trainer_command(CLI::App& parent, const std::string& name, const std::string& description) {
  auto* command = parent.add_subcommand(name, description);
  command->prefix_command();  // all arguments after it, --help too, go to the trainer
  command->set_help_flag();
  command->callback([command, name] {
    std::vector<std::string> words = command->remaining();
    words.insert(words.begin(), name);
    become_trainer(words);
  });
}

}  // namespace

void add_train_command(CLI::App& program) {
  add_trainer_command(program, "train",
                      "Trains an app's candidates from labelled pictures or a labelled clip");
}

void add_measure_command(CLI::App& program) {
  add_trainer_command(
      program, "measure",
      "Measures packages on a labelled clip of their camera, and writes them with these figures");
}

void add_distill_command(CLI::App& base) {
  add_trainer_command(base, "distill",
                      "Trains a small base to see what a big one sees, from unlabelled pictures");
}

}  // namespace mainstream
