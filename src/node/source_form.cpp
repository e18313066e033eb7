#include "node/source_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "media/source_address.hpp"
#include "node/config_key.hpp"

namespace mainstream {
namespace {

constexpr std::string_view kSchemeEnd = "://";

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// HOST[:PORT], [IPV6][:PORT]. What is wrong is not repeated: it may be a part of a password.
std::string authority_fault(std::string_view authority) {
  std::string_view host = authority;
  const auto bracket = authority.find(']');
  const auto colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    host = authority.substr(0, colon);
    if (!is_port(authority.substr(colon + 1))) {
      return "has no port from 1 to 65535 behind the colon of its host; a password belongs into a "
             "credentials file";
    }
  }
  if (host.empty()) return "has no host";
  const bool is_ipv6 = host.front() == '[';
  const auto is_letter = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_' || (is_ipv6 && (c == ':' || c == '[' || c == ']' || c == '%'));
  };
  if (is_ipv6 != (host.back() == ']') || !std::ranges::all_of(host, is_letter)) {
    return "has a host that is neither a name nor an address";
  }
  return {};
}

}  // namespace

std::string url_fault(std::string_view url, std::initializer_list<std::string_view> schemes) {
  if (std::string fault = path_fault(url); !fault.empty()) return fault;
  const std::vector<std::string_view> known(schemes);
  const auto end = url.find(kSchemeEnd);
  const std::string_view scheme = url.substr(0, end);
  if (end == std::string_view::npos || std::ranges::find(known, scheme) == known.end()) {
    return fmt::format("is no url that begins with {}://", joined(known, ":// or "));
  }
  if (url.find(' ') != std::string_view::npos) return "holds a space, expected %20";
  const std::string_view rest = url.substr(end + kSchemeEnd.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  return authority_fault(authority.substr(authority.rfind('@') + 1));  // npos + 1 is 0
}

HostPort host_of(std::string_view url, int usual_port) {
  std::string_view host = url.substr(url.find(kSchemeEnd) + kSchemeEnd.size());
  HostPort result{{}, usual_port};
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    std::from_chars(host.data() + colon + 1, host.data() + host.size(), result.port);
    host = host.substr(0, colon);
  }
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  result.host = host;
  return result;
}

std::string source_fault(std::string_view source) {
  using Kind = SourceAddress::Kind;
  if (std::string fault = path_fault(source); !fault.empty()) return fault;
  try {
    const Kind kind = parse_source(std::string(source)).kind;
    if (kind != Kind::rtsp && kind != Kind::http) return {};
  } catch (const Error& error) {
    const std::string_view what = error.what();  // "SOURCE: expected .."
    const auto expected = what.rfind(": expected ");
    return fmt::format("is no source; {}", what.substr(expected == what.npos ? 0 : expected + 2));
  }
  return url_fault(source, {"rtsp", "rtsps", "http", "https"});
}

bool is_path(std::string_view source) {
  using Kind = SourceAddress::Kind;
  if (source.empty() || source == "-") return false;
  try {
    const SourceAddress address = parse_source(std::string(source));
    const bool may_be = address.kind == Kind::file || address.kind == Kind::pipe ||
                        address.kind == Kind::pictures || address.kind == Kind::device;
    return may_be && address.url == source;
  } catch (const Error&) {
    return false;  // source_fault tells why
  }
}

}  // namespace mainstream
