// The program `mainstream-train`, which lies beside this one. It is a program of its own because libtorch's
// shared libraries cost about a second at each start.
#pragma once

#include <string>
#include <vector>

namespace mainstream {

// Runs it as a child and returns its exit code. Ctrl-C reaches both. Throws failed when it is not there.
[[nodiscard]] int run_trainer(const std::vector<std::string>& arguments);

// Becomes it. Throws failed when it is not there.
[[noreturn]] void become_trainer(const std::vector<std::string>& arguments);

}  // namespace mainstream
