#include "program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/log.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "report.hpp"

namespace mainstream {
namespace {

// The program, its chosen subcommand, that one's, ..
std::vector<const CLI::App*> chosen_commands(const CLI::App* program) {
  std::vector<const CLI::App*> commands{program};
  while (!commands.back()->get_subcommands().empty()) {
    commands.push_back(commands.back()->get_subcommands().front());
  }
  return commands;
}

std::string unknown_word(const std::string& what, const std::string& word,
                         const std::vector<std::string>& known) {
  const std::string near = nearest_word(word, {known.begin(), known.end()});
  return fmt::format("{}: unknown {}{}", clean(word), what,
                     near.empty() ? "" : fmt::format("; did you mean {}?", near));
}

// What a typing error is, where the command line has one: CLI11 complains of what it misses first.
std::string typing_error(const std::vector<const CLI::App*>& commands) {
  const std::vector<std::string> rest = commands.front()->remaining(true);
  if (rest.empty()) return {};
  std::vector<std::string> subcommands;
  for (const CLI::App* command : commands.back()->get_subcommands({}))
    subcommands.push_back(command->get_name());
  if (!subcommands.empty() && !rest.front().starts_with("-"))
    return unknown_word("command", rest.front(), subcommands);
  for (const std::string& word : rest) {
    if (!word.starts_with("-") || word.find_first_not_of("-.0123456789") == std::string::npos) continue;
    std::vector<std::string> known;
    for (const CLI::App* command : commands) {
      for (const CLI::Option* option : command->get_options()) {
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
      }
    }
    return unknown_word("option", word.substr(0, word.find('=')), known);
  }
  return {};
}

// "mainstream base prepare: IN is required (see --help)"
std::string usage_message(const CLI::App* program, const CLI::Error& error) {
  const std::vector<const CLI::App*> commands = chosen_commands(program);
  std::string names, what;
  for (const CLI::App* command : commands) names += (names.empty() ? "" : " ") + command->get_name();
  const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (kind == CLI::ExitCodes::RequiredError || kind == CLI::ExitCodes::ExtrasError)
    what = typing_error(commands);
  if (what.empty()) what = clean(error.what(), kMostMessage);
  return names + ": " + what + " (see --help)\n";
}

// Allows the program's options after a subcommand too, but not among words that go to another program.
void allow_behind_subcommands(CLI::App& app) {
  for (CLI::App* subcommand : app.get_subcommands({})) {
    if (!subcommand->get_prefix_command()) subcommand->fallthrough();
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
  const CLI::Option* level_option =
      program.add_option("--log-level", log_level, "debug, info, warn, error or off")->capture_default_str();
  bool quiet = false;
  program.add_flag("-q,--quiet", quiet, "No progress and no summaries; of the log, warnings and errors");
  allow_behind_subcommands(program);
  program.parse_complete_callback([&] {
    if (quiet) be_quiet();
    set_log_level(quiet && level_option->count() == 0 ? "warn" : log_level);
  });
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

// A file that is opened while a standard stream is closed would get its number, and what is meant for the
// stream. Something in its place that fails when it is used keeps the number taken.
void keep_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int run_program(CLI::App& program, int argc, char** argv) {
  keep_standard_streams();
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
