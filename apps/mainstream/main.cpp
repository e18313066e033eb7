// The program `mainstream`: parses the command line and hands over to one command.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "commands.hpp"
#include "core/log.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

int run(int argc, char** argv) {
  CLI::App program{"Mainstream: many apps, few cores, one shared stem per camera.", "mainstream"};
  program.set_version_flag("--version", MAINSTREAM_VERSION);
  program.require_subcommand(1);
  std::string log_level = "info";
  program.add_option("--log-level", log_level, "debug, info, warn, error or off")->capture_default_str();
  program.parse_complete_callback([&] { set_log_level(log_level); });
  add_score_command(program);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : exit_code(ErrorKind::usage);
  }
  return 0;
}

}  // namespace
}  // namespace mainstream

int main(int argc, char** argv) {
  try {
    return mainstream::run(argc, argv);
  } catch (const mainstream::Error& error) {
    std::fprintf(stderr, "mainstream: %s\n", error.what());
    return mainstream::exit_code(error.kind());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mainstream: unexpected: %s\n", error.what());
    return mainstream::exit_code(mainstream::ErrorKind::failed);
  }
}
