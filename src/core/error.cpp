#include "mainstream/error.hpp"

namespace mainstream {

int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::usage:
      return 2;
    case ErrorKind::unreadable:
    case ErrorKind::untrusted:
    case ErrorKind::unsupported:
      return 3;
    case ErrorKind::infeasible:
      return 4;
    case ErrorKind::storage:
    case ErrorKind::failed:
      return 1;
  }
  return 1;
}

const char* to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::unreadable:
      return "unreadable";
    case ErrorKind::untrusted:
      return "untrusted";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::infeasible:
      return "infeasible";
    case ErrorKind::storage:
      return "storage";
    case ErrorKind::failed:
      return "failed";
  }
  return "failed";
}

}  // namespace mainstream
