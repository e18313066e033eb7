// The options for where to compute, and on how many threads.
#pragma once

#include <string>

#include "command.hpp"

namespace mainstream {

inline void add_threads_option(Command command, int& threads) {
  command.add_option("--threads", threads, "Number of threads; 0: as many as this process may use")
      .show_default();
}

// The variable reaches the trainings that other commands start: demo, experiment.
inline void add_device_option(Command command, std::string& device, const std::string& use) {
  command.add_option("--device", device, use + ": cpu, or cuda (cuda:1) with a libtorch that has it")
      .variable("MAINSTREAM_DEVICE")
      .show_default();
}

}  // namespace mainstream
