#include "program.hpp"

#include <csignal>
#include <cstdio>
#include <string>

#include "core/log.hpp"
#include "core/report.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// "mainstream base prepare: IN is required (--help tells more)"
std::string usage_message(const CLI::App* program, const CLI::Error& error) {
  std::string command = program->get_name();
  for (const CLI::App* app = program; !app->get_subcommands().empty();) {
    app = app->get_subcommands().front();
    command += " " + app->get_name();
  }
  return command + ": " + single_line(error.what()) + " (--help tells more)\n";
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
  program.parse_complete_callback([&] { set_log_level(log_level); });
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (program.exit(error) != 0) return exit_code(ErrorKind::usage);
  }
  if (std::fflush(stdout) != 0) throw Error(ErrorKind::storage, "standard output: cannot write");
  return 0;
}

}  // namespace

int run_program(CLI::App& program, int argc, char** argv) {
  // A file that grows beyond the process's limit is then an error like a full disk, with its clean-up.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return parse_and_run(program, argc, argv);
  } catch (...) {
    return report_exception(program.get_name().c_str());
  }
}

}  // namespace mainstream
