// What messages may tell of a url.
#pragma once

#include <string>

namespace mainstream {

// The text with the passwords of all urls in it replaced by ***: "rtsp://user:***@host/path".
[[nodiscard]] std::string without_password(const std::string& text);

}  // namespace mainstream
