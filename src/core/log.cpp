#include "core/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "core/json.hpp"
#include "core/mutex.hpp"
#include "core/terminal.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// %*: the message, cleaned, since it holds names from files and answers of servers; in JSON as a string.
class Message : public spdlog::custom_flag_formatter {
 public:
  explicit Message(bool json) : json_(json) {}
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    std::string text = clean({message.payload.data(), message.payload.size()}, kMostMessage);
    if (json_) text = json_text(text);
    line.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<Message>(json_);
  }

 private:
  const bool json_;
};

// Standard error through say(), so that no log stops its program.
class TerminalSink : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string text(line.data(), line.size());
    if (colour_ && message.color_range_end > message.color_range_start) {
      text.insert(message.color_range_end, "\033[0m");
      text.insert(message.color_range_start, colour_of(message.level));
    }
    say(text);
  }
  void flush_() override {}

 private:
  static const char* colour_of(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err) return "\033[31m";
    if (level == spdlog::level::warn) return "\033[33m";
    return level == spdlog::level::info ? "\033[32m" : "\033[36m";
  }
  const bool colour_ = wants_colour();
};

std::atomic<bool> is_json = false;

std::shared_ptr<TerminalSink> terminal_sink() {
  static const auto sink = std::make_shared<TerminalSink>();
  return sink;
}

std::unique_ptr<spdlog::formatter> line_formatter() {
  if (is_json) {
    auto json = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    json->add_flag<Message>('*', true).set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","module":"%n","message":%*})");
    return json;
  }
  auto text = std::make_unique<spdlog::pattern_formatter>();
  text->add_flag<Message>('*', false).set_pattern("%H:%M:%S %^%l%$ %n: %*");
  return text;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

void ModuleLog::write(LogLevel level, fmt::string_view message, fmt::format_args values) const {
  const spdlog::level::level_enum wanted = spdlog_level(level);
  if (logger_->should_log(wanted)) logger_->log(wanted, fmt::vformat(message, values));
}

ModuleLog module_log(const std::string& module) {
  static Mutex mutex;  // makes the lookup and the creation one step
  const MutexLock lock(mutex);
  if (auto known = spdlog::get(module)) return ModuleLog(std::move(known));
  auto logger = std::make_shared<spdlog::logger>(module, terminal_sink());
  spdlog::initialize_logger(logger);  // registers it, with the present level and the usual formatter
  logger->set_formatter(line_formatter());
  return ModuleLog(std::move(logger));
}

void set_log_format_json(bool json) {
  is_json = json;
  terminal_sink()->set_formatter(line_formatter());
}

void set_log_level(const std::string& level) {
  const auto parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    throw Error(ErrorKind::usage,
                "unknown log level " + in_quotes(level) + "; expected one of: debug, info, warn, error, off");
  }
  spdlog::set_level(parsed);
}

}  // namespace mainstream
