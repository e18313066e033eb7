// Who may ask for what: tokens and their roles, hosts and origins. docs/api.md tells what each attack gets.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mutex.hpp"
#include "serve/request.hpp"
#include "serve/stream_scope.hpp"

namespace mainstream {

// Each may do what those before it may. anyone: no token needed.
enum class Role { anyone, viewer, operate, admin };

// In the file of tokens: viewer, operator, admin.
[[nodiscard]] const char* to_string(Role role) noexcept;

// What an answer tells or changes. A token that is limited to some streams is refused what concerns the node;
// what concerns streams is answered as far as they are its own.
enum class Concern { node, streams };

struct Token {
  std::string hash;  // sha256, lower-case hexadecimal
  Role role = Role::viewer;
  std::string name;
  StreamScope scope = {};
};

// Lines of `SHA256 ROLE NAME` or `SHA256 ROLE NAME on STREAM, ..`; empty ones and those with # are passed
// over. Throws unreadable, or untrusted naming the line, also for a file that others than its owner may read.
[[nodiscard]] std::vector<Token> read_tokens(const std::filesystem::path& file);

struct AccessRules {
  std::vector<std::string> hosts;            // names and addresses by which the node may be called
  std::optional<std::vector<Token>> tokens;  // nothing: everyone who can connect may do all
  bool tls = false;
};

// Thread-safe.
class Access {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Access(AccessRules rules) : rules_(std::move(rules)) {}

  // Nothing if the request may be answered, else the answer: 400 without a host, 421 for another host, 403
  // for another site, too small a role or a token of some streams alone, 401 without a valid token, 429 after
  // too many of these.
  [[nodiscard]] std::optional<ApiAnswer> refusal(const ApiRequest& request, Role needed,
                                                 Concern concern = Concern::streams,
                                                 Clock::time_point now = Clock::now());
  // What a request that was not refused may see.
  [[nodiscard]] StreamScope scope_of(const ApiRequest& request) const;

 private:
  [[nodiscard]] std::optional<ApiAnswer> other_site(const ApiRequest& request, Role needed) const;
  [[nodiscard]] const Token* token_of(const ApiRequest& request) const;  // nullptr: no valid one
  [[nodiscard]] bool locked(const std::string& remote, Clock::time_point now);
  void count_failure(const std::string& remote, Clock::time_point now);

  const AccessRules rules_;
  Mutex mutex_;
  std::map<std::string, std::deque<Clock::time_point>> failures_ GUARDED_BY(mutex_);  // by address
};

}  // namespace mainstream
