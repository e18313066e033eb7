// Hides the secrets of urls.
#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "media/url.hpp"

namespace mainstream {
namespace {

constexpr std::string_view kEndOfUrl = " \t\r\n\"'<>";
constexpr std::array<std::string_view, 6> kSecretKeys = {"pass", "pwd", "token", "secret", "auth", "key"};

bool is_secret(std::string_view key) {
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(kSecretKeys.begin(), kSecretKeys.end(),
                     [&](std::string_view secret) { return lower.find(secret) != std::string::npos; });
}

// "user:password@host" -> "user:***@host"
std::string hide_in_authority(std::string_view authority) {
  const auto at = authority.rfind('@');
  const auto colon = authority.find(':');
  if (at == std::string_view::npos || colon > at) return std::string(authority);
  return std::string(authority.substr(0, colon + 1)) + "***" + std::string(authority.substr(at));
}

// "a=1&password=x" -> "a=1&password=***"
std::string hide_in_query(std::string_view query) {
  std::string shown;
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    const auto equals = field.find('=');
    if (equals != std::string_view::npos && is_secret(field.substr(0, equals))) {
      shown += std::string(field.substr(0, equals + 1)) + "***";
    } else {
      shown += field;
    }
    query.remove_prefix(field.size());
    if (query.empty()) break;
    shown += '&';
    query.remove_prefix(1);
  }
  return shown;
}

}  // namespace

std::string without_password(const std::string& text) {
  std::string shown;
  std::string_view rest = text;
  for (auto scheme = rest.find("://"); scheme != std::string_view::npos; scheme = rest.find("://")) {
    shown += rest.substr(0, scheme + 3);
    rest.remove_prefix(scheme + 3);
    const std::string_view url = rest.substr(0, rest.find_first_of(kEndOfUrl));
    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    const auto question = url.find('?');
    shown += hide_in_authority(authority);
    if (question == std::string_view::npos) {
      shown += url.substr(authority.size());
    } else {
      shown += url.substr(authority.size(), question + 1 - authority.size());
      shown += hide_in_query(url.substr(question + 1));
    }
    rest.remove_prefix(url.size());
  }
  return shown += rest;
}

}  // namespace mainstream
