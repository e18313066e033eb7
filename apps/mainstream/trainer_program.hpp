// Starts the program `mainstream-train` in this program's folder. It is separate because libtorch's shared
// libraries cost about a second at each start.
#pragma once

#include <string>
#include <vector>

namespace mainstream {

// Tells one trainer from another: what an earlier one made is made again. Throws failed when it is missing.
[[nodiscard]] std::string trainer_sha256();

// Runs it as a child process, which is stopped when this process ends. Ctrl-C reaches both. Throws failed
// when it is missing or fails.
void run_trainer(const std::vector<std::string>& arguments);

// Replaces this process by it. Throws failed when it is missing.
[[noreturn]] void become_trainer(const std::vector<std::string>& arguments);

}  // namespace mainstream
