#include "core/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>

#include "core/mutex.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

std::shared_ptr<spdlog::logger> module_log(const std::string& module) {
  static Mutex mutex;  // makes the lookup and the creation one step
  const MutexLock lock(mutex);
  if (auto known = spdlog::get(module)) return known;
  auto logger = spdlog::stderr_color_mt(module);
  logger->set_pattern("%H:%M:%S %^%l%$ %n: %v");
  return logger;
}

void set_log_level(const std::string& level) {
  const auto parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    throw Error(ErrorKind::usage,
                "unknown log level '" + level + "'; expected one of: debug, info, warn, error, off");
  }
  spdlog::set_level(parsed);
}

}  // namespace mainstream
