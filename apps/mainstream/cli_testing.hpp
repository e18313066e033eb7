// Runs the program as a user does, for the tests of its commands.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "core/file.hpp"
#include "core/testing.hpp"

namespace mainstream {

struct CliResult {
  int exit_code = -1;
  std::string out, err;
};

// `arguments` pass through the shell: quote what needs it.
inline CliResult run_cli(const std::string& arguments) {
  const TestFolder folder;
  const std::string command = std::string(MAINSTREAM_PROGRAM) + " " + arguments + " > " +
                              (folder / "out").string() + " 2> " + (folder / "err").string();
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(folder / "out"), read_file(folder / "err")};
}

}  // namespace mainstream
