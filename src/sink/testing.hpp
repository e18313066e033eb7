// Helpers of the sinks' tests: real servers as child processes.
#pragma once

#include "core/child_testing.hpp"
#include "core/file.hpp"
#include "mainstream/sink.hpp"
#include "store/testing.hpp"

namespace mainstream {

inline bool accepts_connections(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool accepted = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return accepted;
}

// True when all that was put so far has been delivered.
[[nodiscard]] inline bool caught_up(Store& store, const SinkRunner& runner) {
  return store.flush(within(std::chrono::seconds(10))) &&
         soon([&] { return runner.state().lag == 0; }, std::chrono::seconds(10));
}

// A runner that tries again quickly.
inline SinkRunnerOptions quick(const std::string& name) {
  SinkRunnerOptions options;
  options.name = name;
  options.first_pause = std::chrono::milliseconds(10);
  options.longest_pause = std::chrono::milliseconds(50);
  options.attempts = 3;
  return options;
}

}  // namespace mainstream
