// Hides the secrets of urls in messages.
#pragma once

#include <string>

namespace mainstream {

// Replaces the passwords of all urls in the text by ***: "rtsp://user:***@host/path".
[[nodiscard]] std::string without_password(const std::string& text);

}  // namespace mainstream
