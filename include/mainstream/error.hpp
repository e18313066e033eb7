// The one error type of the project, and the exit codes that follow from it.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace mainstream {

// The reason why the work stopped. Expected outcomes (end of a stream, a closed queue, a full budget) are
// return values instead.
enum class ErrorKind {
  usage,        // the command line or the configuration is wrong
  unreadable,   // a file or stream is missing or cannot be read
  untrusted,    // a file exists but is invalid: malformed, wrong hash, hostile
  unsupported,  // a model asks for an operation, a shape or a number type that is not available
  infeasible,   // no schedule fits the budget and the limits
  storage,      // writing failed: disk full, no permission
  failed,       // any other failure while running
};

// Thrown by every library here. The message says where it failed, what was expected and what was given.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

// The exit codes of all programs: 0 done, 1 failed while running, 2 wrong command line or
// configuration, 3 a file that cannot be read or trusted, 4 no feasible schedule.
[[nodiscard]] int exit_code(ErrorKind kind) noexcept;

// The word for the kind in logs ("untrusted").
[[nodiscard]] const char* to_string(ErrorKind kind) noexcept;

}  // namespace mainstream
