// Hides the secrets of urls. A url is cut at its scheme, so each part is "user:password@host/path?query" and
// what follows in the message. There the last @ that can end a password does: passwords with odd characters
// are common, and nobody escapes them.
#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "core/text.hpp"
#include "media/url.hpp"

namespace mainstream {
namespace {

constexpr std::array<std::string_view, 6> kSecretKeys = {"pas", "pw", "token", "secret", "auth", "key"};
constexpr std::string_view kHidden = "***";
constexpr auto kNpos = std::string_view::npos;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

bool is_scheme_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
}

bool is_slash(char c) {
  return c == '/' || c == '\\';
}

bool is_secret_key(std::string_view key) {
  const std::string lower = ascii_lower(key);
  return std::any_of(kSecretKeys.begin(), kSecretKeys.end(),
                     [&](std::string_view secret) { return lower.find(secret) != kNpos; });
}

// Where the next url's scheme begins, and where what follows its colon and slashes does.
struct UrlPart {
  std::size_t begin = kNpos, end = kNpos;
};

UrlPart find_scheme(std::string_view text, std::size_t from) {
  for (std::size_t colon = text.find(':', from); colon != kNpos; colon = text.find(':', colon + 1)) {
    std::size_t begin = colon;
    while (begin > from && is_scheme_char(text[begin - 1])) --begin;
    std::size_t end = colon + 1;
    while (end < text.size() && is_slash(text[end])) ++end;
    // One letter is a drive's ("C:/x"), "1:/" is no scheme, and behind a colon it is a part of a password.
    const bool named = colon - begin >= 2 && std::isalpha(static_cast<unsigned char>(text[begin])) != 0;
    const bool apart = begin == from || text[begin - 1] != ':';
    if (end > colon + 1 && named && apart) return {begin, end};
  }
  return {};
}

// "host", "host:554", "host/path", "[::1]" and so on, to the end of the url or message.
bool looks_like_host(std::string_view text) {
  if (text.starts_with('[')) return true;
  std::size_t i = 0;
  while (i < text.size() && is_word(text[i])) ++i;
  if (i == 0) return false;
  if (i == text.size() || text[i] != ':') return true;
  return i + 1 == text.size() || std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0 ||
         text[i + 1] == ' ';
}

// Where the colon of "user:password" is; it may be escaped.
UrlPart find_colon(std::string_view user_info) {
  const auto plain = user_info.find(':');
  const auto escaped = std::min(user_info.find("%3A"), user_info.find("%3a"));
  if (plain == kNpos && escaped == kNpos) return {};
  return plain < escaped ? UrlPart{plain, plain + 1} : UrlPart{escaped, escaped + 3};
}

// The @ before the host, or kNpos. In "host:80/mail@home:x" there is none: a number before a path is a port.
std::size_t find_at(std::string_view url, std::size_t password) {
  const auto digits_end = std::min(url.find_first_not_of("0123456789", password), url.size());
  const auto odd = url.find_first_of("/? ", password);
  const bool has_port = digits_end > password && digits_end == odd;
  for (std::size_t at = url.rfind('@'); at != kNpos && at >= password;
       at = at == 0 ? kNpos : url.rfind('@', at - 1)) {
    if (looks_like_host(url.substr(at + 1))) return at;
    if (at < odd && !has_port) return at;
  }
  return kNpos;
}

// "user:password@host" -> "user:***@host"
std::string hide_user_info(std::string_view url) {
  const UrlPart colon = find_colon(url);
  if (colon.begin == kNpos) return std::string(url);
  const std::size_t at = find_at(url, colon.end);
  if (at == kNpos) return std::string(url);
  return std::string(url.substr(0, colon.end)) + std::string(kHidden) + std::string(url.substr(at));
}

// Where a secret value ends: at the next field; within a message also at a space, or a quote that closes.
std::size_t end_of_value(std::string_view text, std::size_t from, bool whole) {
  if (text.substr(from).starts_with(kHidden)) return from + kHidden.size();
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '&' || c == ';' || c == '\n') return i;
    if (whole) continue;
    const bool last = i + 1 == text.size() || std::isspace(static_cast<unsigned char>(text[i + 1])) != 0;
    if (c == ' ' || c == '\t' || ((c == '\'' || c == '"' || c == '>' || c == ',' || c == ':') && last))
      return i;
  }
  return text.size();
}

// "a=1&password=x" -> "a=1&password=***"
std::string hide_fields(std::string_view text, bool whole) {
  std::string shown;
  std::size_t done = 0;
  for (std::size_t equals = text.find('='); equals != kNpos; equals = text.find('=', equals + 1)) {
    if (equals < done) continue;
    std::size_t key = equals;
    while (key > done && is_word(text[key - 1])) --key;
    if (!is_secret_key(text.substr(key, equals - key))) continue;
    const std::size_t end = end_of_value(text, equals + 1, whole);
    if (end == equals + 1) continue;
    shown += std::string(text.substr(done, equals + 1 - done)) + std::string(kHidden);
    done = end;
  }
  return shown += text.substr(done);
}

// "rtsp:user:password@host" or "user:password@host"; not a path, nor a test picture.
bool may_begin_with_user_info(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == kNpos || text.find('@') == kNpos || text.find_first_of("/\\ ") <= colon + 1) return false;
  return !(text.starts_with("test:") && text.find_first_not_of("0123456789x.@", colon + 1) == kNpos);
}

}  // namespace

std::string without_password(const std::string& text) {
  const std::string_view all = text;
  UrlPart scheme = find_scheme(all, 0);
  if (scheme.begin == kNpos) {
    if (!may_begin_with_user_info(all)) return text;
    scheme = {0, 0};
  }
  const bool whole = scheme.begin == 0;  // no message begins with a url that has something to hide
  std::string shown(all.substr(0, scheme.end));
  while (scheme.end != kNpos) {
    const UrlPart next = find_scheme(all, scheme.end);
    const std::size_t end = next.begin == kNpos ? all.size() : next.begin;
    const bool to_end = whole && next.begin == kNpos;
    shown += hide_fields(hide_user_info(all.substr(scheme.end, end - scheme.end)), to_end);
    if (next.begin != kNpos) shown += all.substr(next.begin, next.end - next.begin);
    scheme = next;
  }
  return shown;
}

}  // namespace mainstream
