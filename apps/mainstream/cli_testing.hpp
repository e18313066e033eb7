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

// `arguments` pass through the shell: quote what needs it. So does what comes `before` the program: "ulimit
// -f 8;".
inline CliResult run_cli(const std::string& arguments, const std::string& before = {}) {
  const TestFolder folder;
  const std::string command = before + " " + MAINSTREAM_PROGRAM + " " + arguments + " > " +
                              (folder / "out").string() + " 2> " + (folder / "err").string();
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(folder / "out"), read_file(folder / "err")};
}

// The program refused: this exit code, nothing on standard output, one line that contains `message` on
// standard error.
inline void expect_refused(const CliResult& result, int exit_code, const std::string& message) {
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, testing::StartsWith("mainstream"));
  EXPECT_THAT(result.err, testing::HasSubstr(message));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

}  // namespace mainstream
