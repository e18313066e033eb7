// What all subcommands of `mainstream experiment` have in common. Each file experiment_*.cpp adds its own.
#pragma once

#include <functional>
#include <string>
#include "command.hpp"

#include "mainstream/experiments.hpp"

namespace mainstream {

// Adds the subcommand with --quick and --output (default: out/experiments/NAME, or NAME-quick). It calls
// `run` with a setup that names all options of the subcommand, which therefore must state their defaults
// (capture_default_str), and prints the report.
Command add_experiment(Command group, const std::string& name, const std::string& what,
                       std::function<ExperimentFiles(const ExperimentSetup&)> run);

// The setup with the trainer among its options, for results that depend on what it makes. Throws failed when
// it is missing.
[[nodiscard]] ExperimentSetup with_trainer(ExperimentSetup setup);

void add_base_experiments(Command group);  // throughput, sharing
void add_clip_experiments(Command group);  // regret, training
void add_published_experiment(Command group);
void add_stream_experiments(Command group);  // compose, tenants, budget, voting, sampling, timeline

}  // namespace mainstream
