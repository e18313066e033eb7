// Programs and ports for tests that use real servers.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/testing.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

// Files that take what a program prints (`errors` at their end). Without `output`, read_line() gives it;
// without `errors`, they go where the test's go.
struct ChildFiles {
  std::filesystem::path output = {}, errors = {};
};

inline const ChildFiles kMuted{"/dev/null", "/dev/null"};

// A program that runs beside the test and ends with the object. Its standard input ends then, too.
class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& command, const ChildFiles& files = {}) {
    int to_child[2], from_child[2];
    if (::pipe2(to_child, O_CLOEXEC) != 0 || ::pipe2(from_child, O_CLOEXEC) != 0)
      throw Error(ErrorKind::failed, "no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
    constexpr mode_t kMode = 0644;
    if (files.output.empty()) {
      posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
    } else {
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, files.output.c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, kMode);
    }
    if (!files.errors.empty()) {
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, files.errors.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, kMode);
    }
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int code = ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to_child[0]);
    ::close(from_child[1]);
    input_ = to_child[1];
    output_ = from_child[0];
    if (code == 0) return;
    pid_ = 0;
    throw Error(ErrorKind::failed, "cannot run " + command[0]);
  }
  ~ChildProcess() {
    (void)end(SIGKILL);
    ::close(input_);
    ::close(output_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The next line of its standard output; empty at the end.
  [[nodiscard]] std::string read_line() {
    std::string line;
    for (char c = 0; ::read(output_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }

  void signal(int number) const { ::kill(pid_, number); }

  // Sends the signal and waits for the end: the exit code, -1 after a signal. 0: just waits.
  int end(int number = SIGTERM) {  // NOLINT(modernize-use-nodiscard)
    if (pid_ <= 0) return -1;
    int status = 0;
    ::kill(pid_, number);
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  int input_ = -1, output_ = -1;
};

// A port on which nothing listens now, for SOCK_STREAM or SOCK_DGRAM.
[[nodiscard]] inline int free_port(int type = SOCK_STREAM) {
  const int probe = ::socket(AF_INET, type, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  (void)!::bind(probe, reinterpret_cast<sockaddr*>(&address), size);
  (void)!::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(probe);
  return ntohs(address.sin_port);
}

[[nodiscard]] inline bool accepts_connections(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool accepted = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return accepted;
}

// A server of the tests in Python: `script`, below src/, with the port as its first argument. It answers when
// this returns.
[[nodiscard]] inline std::unique_ptr<ChildProcess> python_server(const std::string& script, int port,
                                                                 const std::vector<std::string>& arguments) {
  std::vector<std::string> command{"python3", "-B", MAINSTREAM_SOURCE_DIR "/src/" + script,
                                   std::to_string(port)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto server = std::make_unique<ChildProcess>(command, kMuted);
  EXPECT_TRUE(soon([&] { return accepts_connections(port); })) << script << " does not start";
  return server;
}

}  // namespace mainstream
