#include "core/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>

#include <mutex>

#include "mainstream/error.hpp"

namespace mainstream {

std::shared_ptr<spdlog::logger> module_log(const std::string& module) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (auto known = spdlog::get(module)) return known;
  auto logger = spdlog::stderr_color_mt(module);
  logger->set_pattern("%H:%M:%S %^%l%$ %n: %v");
  return logger;
}

void set_log_level(const std::string& level) {
  const auto parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    throw Error(ErrorKind::usage, "log level '" + level + "': known are debug, info, warn, error, off");
  }
  spdlog::set_level(parsed);
}

}  // namespace mainstream
