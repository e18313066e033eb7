// What a service manager (systemd, Type=notify-reload or notify) wants to know. Without one all of it does
// nothing.
#pragma once

#include <string>

namespace mainstream {

void notify_ready();
void notify_reloading();  // notify_ready() ends it
void notify_stopping();
void notify_status(const std::string& line);  // shown by `systemctl status`
void notify_alive();                          // the watchdog's beat

}  // namespace mainstream
