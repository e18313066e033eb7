#include "command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <regex>
#include <string_view>

#include "core/text.hpp"
#include "parse_number.hpp"

namespace mainstream {
namespace {

std::string value_of(const CLI::Option& option) {
  if (option.count() == 0) return option.get_expected_max() == 0 ? "false" : option.get_default_str();
  return joined(option.reduced_results(), " ");
}

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

// "2 values", "a value".
std::string values(std::string_view count) {
  return count == "1" ? "a value" : std::string(count) + " values";
}

// CLI11's message in our words. Its own are "Could not convert: --epochs = x", "--limit: 1 required TEXT
// missing" and "--at: At least 2 required but received 1".
std::string in_our_words(const std::string& message) {
  std::smatch part;
  if (std::regex_match(message, part, std::regex("Could not convert: (\\S+) = ([^]*)")))
    return fmt::format("{}: expected a number, got {}", part.str(1), in_quotes(part.str(2)));
  if (std::regex_match(message, part, std::regex("(\\S+): (\\d+) required .* missing")))
    return fmt::format("{}: expected {}", part.str(1), values(part.str(2)));
  if (std::regex_match(message, part,
                       std::regex("(\\S+): At (least|most) (\\d+) required but received (\\d+)")))
    return fmt::format("{}: expected at {} {}, got {}", part.str(1), part.str(2), values(part.str(3)),
                       part.str(4));
  return clean(message, kMostMessage);
}

// "mainstream base prepare: IN is required (see --help)"
std::string usage_message(const CLI::App* program, const CLI::Error& error) {
  const std::vector<const CLI::App*> commands = chosen_commands(program);
  std::string names, what;
  for (const CLI::App* command : commands) names += (names.empty() ? "" : " ") + command->get_name();
  const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (kind == CLI::ExitCodes::RequiredError || kind == CLI::ExitCodes::ExtrasError)
    what = typing_error(commands);
  if (what.empty()) what = in_our_words(error.what());
  return names + ": " + what + " (see --help)\n";
}

// Allows the program's options after a subcommand too, but not among words that go to another program.
void allow_behind_subcommands(CLI::App& app) {
  for (CLI::App* subcommand : app.get_subcommands({})) {
    if (!subcommand->get_prefix_command()) subcommand->fallthrough();
    allow_behind_subcommands(*subcommand);
  }
}

// Of the option's words only those that `accepts` is true for. Any other is told behind `refusal`; the help
// calls them `kind`.
void accept_words(CLI::Option& option, std::function<bool(const std::string&)> accepts, std::string refusal,
                  const std::string& kind) {
  option.check(
      [accepts = std::move(accepts), refusal = std::move(refusal)](const std::string& word) {
        return accepts(word) ? std::string() : refusal + in_quotes(word);
      },
      kind);
}

template <typename Number>
void accept_numbers(CLI::Option& option, std::function<bool(Number)> accepts, std::string refusal,
                    const std::string& kind) {
  const auto is_one = [accepts = std::move(accepts)](const std::string& word) {
    const auto number = parse_number<Number>(word);
    return number && accepts(*number);
  };
  accept_words(option, is_one, std::move(refusal), kind);
}

}  // namespace

CommandOption CommandOption::required() const {
  option_->required();
  return *this;
}

CommandOption CommandOption::needs(CommandOption other) const {
  option_->needs(other.option_);
  return *this;
}

CommandOption CommandOption::excludes(CommandOption other) const {
  option_->excludes(other.option_);
  return *this;
}

CommandOption CommandOption::positive() const {
  const auto accepts = [](double number) { return number > 0; };
  accept_numbers<double>(*option_, accepts, "expected a number above 0, got ", "POSITIVE");
  return *this;
}

CommandOption CommandOption::within(int least, int most) const {
  accept_numbers<int>(
      *option_, [=](int number) { return number >= least && number <= most; },
      fmt::format("expected a whole number from {} to {}, got ", least, most),
      fmt::format("INT in [{} - {}]", least, most));
  return *this;
}

CommandOption CommandOption::within(double least, double most) const {
  accept_numbers<double>(
      *option_, [=](double number) { return number >= least && number <= most; },
      fmt::format("expected a number from {} to {}, got ", least, most),
      fmt::format("FLOAT in [{:g} - {:g}]", least, most));
  return *this;
}

CommandOption CommandOption::one_of(const std::vector<std::string>& words) const {
  accept_words(
      *option_, [words](const std::string& word) { return std::ranges::find(words, word) != words.end(); },
      fmt::format("expected one of: {}; got ", joined(words, ", ")), "{" + joined(words, ",") + "}");
  return *this;
}

CommandOption CommandOption::takes(int values) const {
  option_->expected(values);
  return *this;
}

CommandOption CommandOption::one_value_each() const {
  option_->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
  return *this;
}

CommandOption CommandOption::last_value() const {
  option_->take_last();
  return *this;
}

CommandOption CommandOption::variable(const std::string& name) const {
  option_->envname(name);
  return *this;
}

CommandOption CommandOption::show_default() const {
  option_->capture_default_str();
  return *this;
}

CommandOption CommandOption::show_default(const std::string& value) const {
  option_->default_str(value);
  return *this;
}

bool CommandOption::given() const {
  return option_->count() > 0;
}

CommandOption CommandOption::group(const std::string& heading) const {
  option_->group(heading);
  return *this;
}

CommandOption CommandOption::hide() const {
  return group("");
}

Command Command::add_subcommand(const std::string& name, const std::string& what) const {
  return Command(app_->add_subcommand(name, what));
}

void Command::require_subcommand() const {
  app_->require_subcommand(1);
}

template <typename Value>
CommandOption Command::add_option(const std::string& names, Value& value, const std::string& help) const {
  return CommandOption(app_->add_option(names, value, help));
}

template CommandOption Command::add_option(const std::string&, int&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::int64_t&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::uint64_t&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, double&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::string&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::filesystem::path&,
                                           const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::optional<double>&,
                                           const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::optional<std::filesystem::path>&,
                                           const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::vector<int>&, const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::vector<std::size_t>&,
                                           const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::vector<double>&,
                                           const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::vector<std::string>&,
                                           const std::string&) const;
template CommandOption Command::add_option(const std::string&, std::vector<std::filesystem::path>&,
                                           const std::string&) const;

CommandOption Command::add_custom_option(const std::string& names,
                                         const std::function<void(const std::string&)>& read,
                                         const std::string& help) const {
  return CommandOption(app_->add_option_function(names, read, help));
}

CommandOption Command::add_flag(const std::string& names, bool& value, const std::string& help) const {
  return CommandOption(app_->add_flag(names, value, help));
}

CommandOption Command::option(const std::string& name) const {
  return CommandOption(app_->get_option(name));
}

void Command::version(const std::string& text) const {
  app_->set_version_flag("--version", text);
}

void Command::footer(const std::string& text) const {
  app_->footer(text);
}

void Command::callback(std::function<void()> run) const {
  app_->callback(std::move(run));
}

void Command::pass_on(std::function<void(const std::vector<std::string>&)> run) const {
  app_->prefix_command();
  app_->set_help_flag();
  app_->callback([app = app_, run = std::move(run)] { run(app->remaining()); });
}

std::string Command::name() const {
  return app_->get_name();
}

std::vector<std::pair<std::string, std::string>> Command::values() const {
  std::vector<std::pair<std::string, std::string>> values;
  for (const CLI::Option* option : app_->get_options())
    values.emplace_back(option->get_single_name(), value_of(*option));
  return values;
}

CommandLine::CommandLine(const std::string& program, const std::string& what)
    : app_(std::make_unique<CLI::App>(what, program)) {}

CommandLine::~CommandLine() = default;

bool CommandLine::run(int argc, char** argv, const std::function<void()>& prepare) const {
  app_->failure_message(usage_message);
  allow_behind_subcommands(*app_);
  app_->parse_complete_callback(prepare);
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app_->exit(error) == 0;
  }
  return true;
}

}  // namespace mainstream
