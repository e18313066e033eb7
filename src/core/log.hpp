// Logging: one logger per module, all to standard error.
//
// error: the work stops.  warn: it goes on, but the result is worse than it could be. info: an operator wants
// to see it once (a schedule deployed, a file written). debug: a developer wants to see it.  Nothing is
// logged per frame above debug, and no secret (a URL's password, a token) at any level.
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace mainstream {

// The logger of a module ("run", "train"), made on first use. Thread-safe.
[[nodiscard]] std::shared_ptr<spdlog::logger> module_log(const std::string& module);

// Sets the level of all loggers, present and future. Level names are spdlog's: debug, info, warn, error, off.
void set_log_level(const std::string& level);

// For programs that read the log: each message is a line {"time":"2026-01-31T12:00:00.000Z","level":"info",
// "module":"run","message":".."}. Set it before other threads start.
void set_log_format_json(bool json);

}  // namespace mainstream
