// Logging: one logger per module, all to standard error.
//
// error: the work stops.  warn: it goes on, but the result is worse than it could be. info: an operator wants
// to see it once (a schedule deployed, a file written). debug: a developer wants to see it.  Nothing is
// logged per frame above debug, and no secret (a URL's password, a token) at any level.
#pragma once

#include <fmt/core.h>

#include <memory>
#include <string>
#include <utility>

namespace spdlog {
class logger;
}

namespace mainstream {

enum class LogLevel { debug, info, warn, error };

// Messages are formatted in log.cpp: spdlog's own templates bring fmt's whole implementation into every
// source that logs.
class ModuleLog {
 public:
  template <typename... Values>
  void log(LogLevel level, fmt::format_string<Values...> message, Values&&... values) const {
    write(level, message, fmt::make_format_args(values...));
  }
  template <typename... Values>
  void debug(fmt::format_string<Values...> message, Values&&... values) const {
    log(LogLevel::debug, message, std::forward<Values>(values)...);
  }
  template <typename... Values>
  void info(fmt::format_string<Values...> message, Values&&... values) const {
    log(LogLevel::info, message, std::forward<Values>(values)...);
  }
  template <typename... Values>
  void warn(fmt::format_string<Values...> message, Values&&... values) const {
    log(LogLevel::warn, message, std::forward<Values>(values)...);
  }
  template <typename... Values>
  void error(fmt::format_string<Values...> message, Values&&... values) const {
    log(LogLevel::error, message, std::forward<Values>(values)...);
  }

 private:
  friend ModuleLog module_log(const std::string& module);
  explicit ModuleLog(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}
  void write(LogLevel level, fmt::string_view message, fmt::format_args values) const;

  std::shared_ptr<spdlog::logger> logger_;
};

// The log of a module ("run", "train"), made on first use. Thread-safe.
[[nodiscard]] ModuleLog module_log(const std::string& module);

// Sets the level of all loggers, present and future. Level names are spdlog's: debug, info, warn, error, off.
void set_log_level(const std::string& level);

// For programs that read the log: each message is a line {"time":"2026-01-31T12:00:00.000Z","level":"info",
// "module":"run","message":".."}. Set it before other threads start.
void set_log_format_json(bool json);

}  // namespace mainstream
