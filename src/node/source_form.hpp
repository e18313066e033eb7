// Whether a text has the form of a source or of a url. Nothing is opened.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace mainstream {

// Why the text is no url of one of these schemes, "SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/..]"; empty if it
// is. Passwords are not repeated.
[[nodiscard]] std::string url_fault(std::string_view url, std::initializer_list<std::string_view> schemes);

// Why the text is neither a path nor the url of a camera; empty if it is.
[[nodiscard]] std::string source_fault(std::string_view source);

// Whether a source is a path.
[[nodiscard]] bool is_path(std::string_view source);

}  // namespace mainstream
