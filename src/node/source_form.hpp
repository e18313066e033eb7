// Whether a text has the form of a source or of a url. Nothing is opened.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace mainstream {

// Why the text is no url of one of these schemes, "SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/..]"; empty if it
// is. Passwords are not repeated.
[[nodiscard]] std::string url_fault(std::string_view url, std::initializer_list<std::string_view> schemes);

// HOST and PORT of a url without user and path, whose form is right (url_fault).
struct HostPort {
  std::string host;  // of IPv6 without its brackets
  int port = 0;
};
[[nodiscard]] HostPort host_of(std::string_view url, int usual_port);

// Why the text is no source (docs/running.md, "Sources"); empty if it is.
[[nodiscard]] std::string source_fault(std::string_view source);

// Whether a source is a path, and nothing else than that.
[[nodiscard]] bool is_path(std::string_view source);

}  // namespace mainstream
