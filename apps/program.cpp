#include "program.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/log.hpp"
#include "mainstream/error.hpp"
#include "report.hpp"

namespace mainstream {
namespace {

// "mainstream base prepare: IN is required (see --help)"
std::string usage_message(const CLI::App* program, const CLI::Error& error) {
  std::string command = program->get_name();
  for (const CLI::App* app = program; !app->get_subcommands().empty();) {
    app = app->get_subcommands().front();
    command += " " + app->get_name();
  }
  return command + ": " + single_line(error.what()) + " (see --help)\n";
}

// Allows the program's options after a subcommand too.
void allow_behind_subcommands(CLI::App& app) {
  for (CLI::App* subcommand : app.get_subcommands({})) {
    subcommand->fallthrough();
    allow_behind_subcommands(*subcommand);
  }
}

int parse_and_run(CLI::App& program, int argc, char** argv) {
  program.set_version_flag("--version", MAINSTREAM_VERSION);
  program.require_subcommand(1);
  program.failure_message(usage_message);
  program.footer(
      "Exit codes: 0 done, 1 failed while running, 2 wrong command line or configuration,\n"
      "3 a file that cannot be read or trusted, 4 no feasible schedule.");
  std::string log_level = "info";
  program.add_option("--log-level", log_level, "debug, info, warn, error or off")->capture_default_str();
  allow_behind_subcommands(program);
  program.parse_complete_callback([&] { set_log_level(log_level); });
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (program.exit(error) != 0) return exit_code(ErrorKind::usage);
  }
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

}  // namespace

int run_program(CLI::App& program, int argc, char** argv) {
  // A file that exceeds the process's size limit is then an error like a full disk, with its clean-up.
  std::signal(SIGXFSZ, SIG_IGN);
  wait_without_spinning(argv);
  try {
    return parse_and_run(program, argc, argv);
  } catch (...) {
    return report_exception(program.get_name().c_str());
  }
}

}  // namespace mainstream
