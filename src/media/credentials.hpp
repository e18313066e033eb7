// Users and passwords of cameras, from a file that is kept apart from command lines and configurations.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "media/source_address.hpp"

namespace mainstream {

struct CredentialsLine {
  std::string host;  // as in a url, with ":PORT" where it holds for that port alone
  std::string user, password;
};

// One line each: HOST[:PORT] USER PASSWORD. The password is the rest of the line. Empty lines and those that
// begin with # are passed over. Throws untrusted with file and line, and without what stands there.
[[nodiscard]] std::vector<CredentialsLine> parse_credentials(std::string_view text, const std::string& file);

// The address's url; for RTSP and HTTP without a user, with those from `file` (empty: from the file that
// MAINSTREAM_CREDENTIALS names, if any), in which a line with the port goes before one without. Throws
// unreadable, or untrusted when others than its owner may read the file.
[[nodiscard]] std::string with_credentials(const SourceAddress& address, const std::filesystem::path& file);

}  // namespace mainstream
