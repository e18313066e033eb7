// Helpers of the sinks' tests: real servers as child processes.
#pragma once

#include "core/child_testing.hpp"
#include "core/file.hpp"
#include "mainstream/sink.hpp"
#include "store/testing.hpp"

namespace mainstream {

// True when all that was put so far has been delivered.
[[nodiscard]] inline bool caught_up(Store& store, const SinkRunner& runner) {
  return store.flush(within(kPatience)) && soon([&] { return runner.state().lag == 0; });
}

// A runner that tries again quickly.
inline SinkRunnerOptions quick(const std::string& name) {
  SinkRunnerOptions options;
  options.name = name;
  options.first_pause = std::chrono::milliseconds(10);
  options.longest_pause = std::chrono::milliseconds(50);
  options.attempts = 3;
  return options;
}

}  // namespace mainstream
