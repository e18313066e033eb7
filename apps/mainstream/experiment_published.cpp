// mainstream experiment published: the authors' workloads, beside their published results.
#include <memory>

#include "experiment_command.hpp"

namespace mainstream {
namespace {

ExperimentFiles run(PublishedOptions options, const ExperimentSetup& setup) {
  if (setup.quick) {
    options.budgets = {150};
    options.most_apps = std::min(options.most_apps, 5);
  }
  return run_published(options, setup);
}

}  // namespace

void add_published_experiment(Command group) {
  const auto options = std::make_shared<PublishedOptions>();
  options->curves = "src/schedule/testdata/nine-apps-all-curves.json";
  options->means = "data/atc18/means.csv";
  const Command command = add_experiment(
      group, "published", "The paper's 100 workloads per budget and number of apps, beside its results",
      [options](const ExperimentSetup& setup) { return run(*options, setup); });
  command.add_option("--curves", options->curves, "Problem with the apps' candidates and the layers' costs")
      .show_default();
  command.add_option("--means", options->means, "The published means").show_default();
  command.add_option("--budget", options->budgets, "Budgets in the unit of the layers' costs per second")
      .within(1e-6, 1e6)
      .show_default();
  command.add_option("--apps", options->most_apps, "From one app to this many").within(1, 100).show_default();
  command.footer(
      "With --quick budget 150 and 1 to 5 apps. Example, from the source tree's root:\n"
      "  mainstream experiment published --budget 150 --apps 10");
}

}  // namespace mainstream
