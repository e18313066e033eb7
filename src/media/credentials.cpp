#include "media/credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/file.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMaxBytes = 1 << 20;
constexpr std::string_view kSpace = " \t";

// Takes the first word off the line.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kSpace), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kSpace));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

std::vector<CredentialsLine> parse_credentials(std::string_view text, const std::string& file) {
  std::vector<CredentialsLine> lines;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view host = take_word(line);
    if (host.empty() || host.starts_with('#')) continue;
    const std::string_view user = take_word(line);
    const std::string_view password = line.substr(std::min(line.find_first_not_of(kSpace), line.size()));
    if (user.empty() || password.empty()) {
      throw Error(ErrorKind::untrusted, fmt::format("{}:{}: expected HOST[:PORT] USER PASSWORD, got {}", file,
                                                    number, user.empty() ? "one word" : "two words"));
    }
    lines.push_back({std::string(host), std::string(user), std::string(password)});
  }
  return lines;
}

std::string with_credentials(const SourceAddress& address, const std::filesystem::path& file) {
  using Kind = SourceAddress::Kind;
  if (address.kind != Kind::rtsp && address.kind != Kind::http) return address.url;
  std::filesystem::path path = file;
  if (const char* named = std::getenv("MAINSTREAM_CREDENTIALS"); path.empty() && named != nullptr)
    path = named;
  const std::size_t begin = address.url.find("://") + 3;
  const std::size_t end = std::min(address.url.find_first_of("/?#", begin), address.url.size());
  const std::string_view authority = std::string_view(address.url).substr(begin, end - begin);
  if (path.empty() || authority.find('@') != std::string_view::npos) return address.url;

  check_private(path, "passwords");
  const std::vector<CredentialsLine> lines = parse_credentials(read_file(path, kMaxBytes), path.string());
  const bool is_ipv6 = authority.starts_with('[');
  const std::size_t port = is_ipv6 ? authority.find("]:") + 1 : authority.rfind(':');  // npos + 1 is 0
  const std::string_view host = authority.substr(0, is_ipv6 && port == 0 ? authority.size() : port);
  for (const std::string_view wanted : {authority, host}) {
    for (const CredentialsLine& line : lines) {
      if (!equal_ignoring_case(line.host, wanted)) continue;
      return address.url.substr(0, begin) + percent_encoded(line.user) + ":" +
             percent_encoded(line.password) + "@" + address.url.substr(begin);
    }
  }
  return address.url;
}

}  // namespace mainstream
