// The option that says where libtorch computes.
#pragma once

#include <string>
#include "command.hpp"

namespace mainstream {

// The variable reaches the trainings that other commands start: demo, experiment.
inline void add_device_option(Command command, std::string& device, const std::string& use) {
  command.add_option("--device", device, use + ": cpu, or cuda (cuda:1) with a libtorch that has it")
      .variable("MAINSTREAM_DEVICE")
      .show_default();
}

}  // namespace mainstream
