// Hides the secrets of urls in messages.
#pragma once

#include <string>

namespace mainstream {

// Replaces by *** the passwords of all urls in the text: between user and host, "rtsp://user:***@host/path",
// and values of names that sound like secrets ("pass", "pw", "token", ..), in queries and in paths. The text
// may be one source, or a message with urls in it. Passwords may hold characters that do not belong into a
// url ('/', '?', '@', quotes, spaces); in doubt it hides more rather than less.
[[nodiscard]] std::string without_password(const std::string& text);

}  // namespace mainstream
