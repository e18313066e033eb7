#include "serve/access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "core/file.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMostFailures = 10;  // of one address, in this time:
constexpr auto kFailureTime = std::chrono::seconds(60);
constexpr std::size_t kMostAddresses = 1'024;
constexpr std::size_t kMostToken = 512;
constexpr std::uint64_t kMostTokenBytes = 1 << 20;

// Takes the same time wherever the first difference is.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    different = static_cast<unsigned char>(different | (a[i] ^ b[i]));
  }
  return different == 0;
}

std::optional<Role> role_from(const std::string& word) {
  for (const Role role : {Role::viewer, Role::operate, Role::admin})
    if (word == to_string(role)) return role;
  return std::nullopt;
}

// "gate, north yard": names have no commas.
std::vector<std::string> parse_streams(const std::string& text,
                                       const std::function<void(const std::string&)>& refuse) {
  std::vector<std::string> streams;
  std::istringstream parts(text + ",");
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t start = part.find_first_not_of(" \t\r"), end = part.find_last_not_of(" \t\r");
    std::string name = start == std::string::npos ? std::string() : part.substr(start, end - start + 1);
    if (const std::string fault = name_fault(name); !fault.empty())
      refuse("expected names of streams after `on`, got " + in_quotes(name) + ": " + fault);
    streams.push_back(std::move(name));
  }
  return streams;
}

Token parse_token(const std::string& line, const std::string& place) {
  std::istringstream words(line);
  Token token;
  std::string role, on, streams;
  words >> token.hash >> role >> token.name >> on;
  const auto refuse = [&](const std::string& why) { throw Error(ErrorKind::untrusted, place + ": " + why); };
  if (!is_sha256(token.hash)) refuse("expected a sha256 of 64 lower-case hexadecimal digits first");
  const std::optional<Role> known = role_from(role);
  if (!known) refuse("expected the role viewer, operator or admin, got " + in_quotes(role));
  token.role = *known;
  if (!name_fault(token.name).empty()) refuse("expected a name after the role");
  if (on.empty()) return token;
  if (on != "on") refuse("expected `on STREAM, ..` or nothing after the name, got " + in_quotes(on));
  std::getline(words, streams);
  token.scope = StreamScope(parse_streams(streams, refuse));
  return token;
}

// "gate.local:8443" and "[::1]:8080" without the port.
std::string_view without_port(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return host;
  return host.substr(0, colon);
}

}  // namespace

const char* to_string(Role role) noexcept {
  switch (role) {
    case Role::anyone:
      return "anyone";
    case Role::viewer:
      return "viewer";
    case Role::operate:
      return "operator";
    case Role::admin:
      return "admin";
  }
  return "anyone";
}

std::vector<Token> read_tokens(const std::filesystem::path& file) {
  const std::string text = read_file(file, kMostTokenBytes);
  check_private(file, "hashes of tokens");
  std::vector<Token> tokens;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string::npos || line[start] == '#') continue;
    tokens.push_back(parse_token(line, fmt::format("{}:{}", file.string(), number)));
  }
  if (tokens.empty()) throw Error(ErrorKind::untrusted, file.string() + ": expected a token, got none");
  return tokens;
}

std::optional<ApiAnswer> Access::refusal(const ApiRequest& request, Role needed, Concern concern,
                                         Clock::time_point now) {
  if (auto refused = other_site(request, needed)) return refused;
  if (!rules_.tokens || needed == Role::anyone) return std::nullopt;
  if (locked(request.remote, now)) {
    ApiAnswer answer = problem(429, "too many requests without a valid token; wait a minute");
    answer.headers.emplace_back("Retry-After", std::to_string(kFailureTime.count()));
    return answer;
  }
  const Token* token = token_of(request);
  if (token == nullptr) {
    count_failure(request.remote, now);
    ApiAnswer answer = problem(401, "expected the header Authorization: Bearer TOKEN with a valid token");
    answer.headers.emplace_back("WWW-Authenticate", "Bearer");
    return answer;
  }
  if (token->role < needed) {
    return problem(
        403, fmt::format("needs the role {}, the token has {}", to_string(needed), to_string(token->role)));
  }
  if (concern == Concern::streams || !token->scope.is_limited()) return std::nullopt;
  return problem(403, "concerns the whole node, the token is limited to " + token->scope.words());
}

StreamScope Access::scope_of(const ApiRequest& request) const {
  if (!rules_.tokens) return {};
  const Token* token = token_of(request);
  return token == nullptr ? StreamScope(std::vector<std::string>()) : token->scope;
}

// Other sites come in two ways: under a name of theirs that they let point here (the Host header tells), and
// by a page that asks us from a browser (Origin and Sec-Fetch-Site tell).
std::optional<ApiAnswer> Access::other_site(const ApiRequest& request, Role needed) const {
  const std::string host = request.header("host");
  if (host.empty()) return problem(400, "headers: expected one host, got none");
  const auto called = [&](const std::string& name) { return equal_ignoring_case(name, without_port(host)); };
  if (std::ranges::none_of(rules_.hosts, called)) {
    return problem(421, "this node is not called " + in_quotes(host));
  }
  const std::string origin = request.header("origin");
  const std::string own = (rules_.tls ? "https://" : "http://") + host;
  const std::string site = request.header("sec-fetch-site");
  // A link to the dashboard, which has nothing of this node before a script of its own asks.
  const bool link = needed == Role::anyone && request.header("sec-fetch-dest") == "document";
  const bool other = !link && (site == "cross-site" || site == "same-site");
  if ((!origin.empty() && !equal_ignoring_case(origin, own)) || other) {
    return problem(403, "requests from pages of other sites are refused");
  }
  return std::nullopt;
}

const Token* Access::token_of(const ApiRequest& request) const {
  constexpr std::string_view kBearer = "Bearer ";
  const std::string header = request.header("authorization");
  if (!header.starts_with(kBearer) || header.size() > kBearer.size() + kMostToken) return nullptr;
  const std::string hash = sha256(header.substr(kBearer.size()));
  const Token* token = nullptr;
  for (const Token& known : *rules_.tokens)  // all of them: the time tells nothing
    if (same(known.hash, hash)) token = &known;
  return token;
}

bool Access::locked(const std::string& remote, Clock::time_point now) {
  const MutexLock lock(mutex_);
  const auto found = failures_.find(remote);
  if (found == failures_.end()) return false;
  std::deque<Clock::time_point>& times = found->second;
  while (!times.empty() && now - times.front() >= kFailureTime) times.pop_front();
  const bool locked = times.size() >= kMostFailures;
  if (times.empty()) failures_.erase(found);
  return locked;
}

void Access::count_failure(const std::string& remote, Clock::time_point now) {
  const MutexLock lock(mutex_);
  if (failures_.size() >= kMostAddresses && !failures_.contains(remote)) {
    failures_.erase(
        std::ranges::min_element(failures_, {}, [](const auto& address) { return address.second.back(); }));
  }
  failures_[remote].push_back(now);
}

}  // namespace mainstream
