#include "node/service_manager.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <chrono>

namespace mainstream {

void notify_ready() {
  (void)sd_notify(0, "READY=1");
}

// Type=notify-reload wants the time, too.
void notify_reloading() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  (void)sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", us).c_str());
}

void notify_stopping() {
  (void)sd_notify(0, "STOPPING=1");
}

void notify_status(const std::string& line) {
  (void)sd_notify(0, ("STATUS=" + line).c_str());
}

void notify_alive() {
  (void)sd_notify(0, "WATCHDOG=1");
}

}  // namespace mainstream
