// The option that says where libtorch computes.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace mainstream {

// The variable reaches the trainings that other commands start: demo, experiment.
inline void add_device_option(CLI::App& command, std::string& device, const std::string& use) {
  command.add_option("--device", device, use + ": cpu, or cuda (cuda:1) with a libtorch that has it")
      ->envname("MAINSTREAM_DEVICE")
      ->capture_default_str();
}

}  // namespace mainstream
