// A command of a program: its options, its help, and what it does.
//
// CLI11 parses. Only command.cpp includes it: its header alone takes a source three seconds to compile.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the name of CLI11
class App;
class Option;
}  // namespace CLI

namespace mainstream {

// An option ("--threads", "-o,--output") or an argument ("INPUT") of a command. All functions return the
// option itself.
class CommandOption {
 public:
  explicit CommandOption(CLI::Option* option) : option_(option) {}

  CommandOption required() const;
  CommandOption needs(CommandOption other) const;
  CommandOption excludes(CommandOption other) const;

  // What its value may be.
  CommandOption positive() const;
  CommandOption within(int least, int most) const;
  CommandOption within(double least, double most) const;
  CommandOption one_of(const std::vector<std::string>& words) const;

  // How many values it takes, where not as many as its variable holds.
  CommandOption takes(int values) const;  // in all
  CommandOption one_value_each() const;   // a list gets one value whenever the option is named
  CommandOption last_value() const;       // the option may be named again, and the last value counts
  // A variable of the environment that gives the value where the option is not named.
  CommandOption variable(const std::string& name) const;

  // Its help.
  CommandOption show_default() const;  // the value that its variable has now
  CommandOption show_default(const std::string& value) const;
  CommandOption group(const std::string& heading) const;
  CommandOption hide() const;

  [[nodiscard]] bool given() const;  // on the command line

 private:
  CLI::Option* option_;
};

// One of a command line. A handle, like CommandOption: copies mean the same command, which lives as long as
// the line.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}

  Command add_subcommand(const std::string& name, const std::string& what) const;
  void require_subcommand() const;

  // Reads into `value`, which keeps what it has where the option is not given. Defined for the types that
  // command.cpp lists.
  template <typename Value>
  CommandOption add_option(const std::string& names, Value& value, const std::string& help) const;
  // Calls `read` with the option's value.
  CommandOption add_custom_option(const std::string& names,
                                  const std::function<void(const std::string&)>& read,
                                  const std::string& help) const;
  CommandOption add_flag(const std::string& names, bool& value, const std::string& help) const;
  [[nodiscard]] CommandOption option(const std::string& name) const;  // one that it has

  void version(const std::string& text) const;     // adds --version
  void footer(const std::string& text) const;      // last in the help
  void callback(std::function<void()> run) const;  // what it does, once the whole command line is read
  // Instead of options: all words after the command, --help too, go to `run`.
  void pass_on(std::function<void(const std::vector<std::string>&)> run) const;

  [[nodiscard]] std::string name() const;
  // Options without their dashes, and the values that they were given or show as their defaults.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> values() const;

 private:
  CLI::App* app_;
};

class CommandLine {
 public:
  CommandLine(const std::string& program, const std::string& what);
  ~CommandLine();

  [[nodiscard]] Command program() const { return Command(app_.get()); }

  // Calls `prepare` once the whole line is read, and then the chosen command. Options of the program may also
  // stand behind a subcommand. Returns false, after a message on standard error that names the nearest known
  // word, for a wrong line.
  [[nodiscard]] bool run(int argc, char** argv, const std::function<void()>& prepare) const;

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace mainstream
