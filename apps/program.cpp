#include "program.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/log.hpp"
#include "core/terminal.hpp"
#include "mainstream/error.hpp"
#include "report.hpp"

namespace mainstream {
namespace {

int parse_and_run(const CommandLine& line, int argc, char** argv) {
  const Command program = line.program();
  program.version(MAINSTREAM_VERSION);
  program.require_subcommand();
  program.footer(
      "Exit codes: 0 done, 1 failed while running, 2 wrong command line or configuration,\n"
      "3 a file that cannot be read or trusted, 4 no feasible schedule.");
  std::string log_level = "info";
  const CommandOption level_option =
      program.add_option("--log-level", log_level, "debug, info, warn, error or off").show_default();
  bool quiet = false;
  program.add_flag("-q,--quiet", quiet, "No progress and no summaries; of the log, warnings and errors");
  const auto prepare = [&] {
    if (quiet) be_quiet();
    set_log_level(quiet && !level_option.given() ? "warn" : log_level);
  };
  if (!line.run(argc, argv, prepare)) return exit_code(ErrorKind::usage);
  if (std::fflush(stdout) != 0) throw Error(ErrorKind::storage, "standard output: cannot write");
  return 0;
}

// The OpenMP threads of oneDNN and libtorch wait for each other by spinning, for 3 ms at every barrier. When
// another thread needs the processor, such as a decoder, a spinning thread keeps the one that it waits for
// from running: a network that takes 6 ms takes hundreds. A fiftieth of the spinning time costs almost
// nothing when the processors are free. libgomp reads its settings when it is loaded, so the program starts
// itself again; if that fails, it continues as it is.
void wait_without_spinning(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  if (setenv("GOMP_SPINCOUNT", "5000", 1) == 0) execv("/proc/self/exe", argv);
}

// A file that is opened while a standard stream is closed would get its number, and what is meant for the
// stream. Something in its place that fails when it is used keeps the number taken.
void keep_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int run_program(const std::string& name, const std::string& what,
                const std::function<void(Command)>& add_commands, int argc, char** argv) {
  keep_standard_streams();
  // A file that exceeds the process's size limit is then an error like a full disk, with its clean-up.
  std::signal(SIGXFSZ, SIG_IGN);
  wait_without_spinning(argv);
  try {
    const CommandLine line(name, what);
    add_commands(line.program());
    return parse_and_run(line, argc, argv);
  } catch (...) {
    return report_exception(name.c_str());
  }
}

}  // namespace mainstream
