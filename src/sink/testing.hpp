// Helpers of the sinks' tests: real servers as child processes.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>

#include "core/file.hpp"
#include "mainstream/sink.hpp"
#include "store/testing.hpp"

namespace mainstream {

// A program that runs beside the test and ends with the object. What it prints to standard output goes to
// `output`, if any.
class Child {
 public:
  explicit Child(const std::vector<std::string>& command, const std::filesystem::path& output = "/dev/null") {
    std::vector<char*> arguments;
    for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ~Child() { stop(SIGKILL); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void stop(int signal = SIGTERM) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void pause(bool paused) const { ::kill(pid_, paused ? SIGSTOP : SIGCONT); }

 private:
  pid_t pid_ = -1;
};

inline int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

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
