// Cameras for tests: a real RTSP server, ffmpeg as a sender, and a server that answers as a test wants.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mainstream/error.hpp"

extern char** environ;

namespace mainstream {

// A program that runs beside the test and ends with the object. Its standard input ends then, too.
class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& command) {
    int to_child[2], from_child[2];
    if (::pipe2(to_child, O_CLOEXEC) != 0 || ::pipe2(from_child, O_CLOEXEC) != 0) {
      throw Error(ErrorKind::failed, "no pipe");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from_child[1], 1);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int code = ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to_child[0]);
    ::close(from_child[1]);
    input_ = to_child[1];
    output_ = from_child[0];
    if (code != 0) throw Error(ErrorKind::failed, "cannot run " + command[0]);
  }
  ~ChildProcess() {
    end(SIGKILL);
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

  // Sends the signal and waits for the end.
  void end(int signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
  int input_ = -1, output_ = -1;
};

// script/rtsp-server, on a port that stays the same when it is started again.
class RtspServer {
 public:
  explicit RtspServer(std::vector<std::string> options = {}) : options_(std::move(options)) { start(); }

  void start() {
    std::vector<std::string> command{MAINSTREAM_SOURCE_DIR "/script/rtsp-server"};
    if (!port_.empty()) command.insert(command.end(), {"--port", port_});
    command.insert(command.end(), options_.begin(), options_.end());
    process_ = std::make_unique<ChildProcess>(command);
    const std::string line = process_->read_line();
    if (!line.starts_with("ready ")) throw Error(ErrorKind::failed, "script/rtsp-server does not start");
    port_ = line.substr(6);
  }
  void stop() { process_->end(SIGTERM); }
  void kill() { process_->end(SIGKILL); }

  [[nodiscard]] std::string url(const std::string& user = "") const {
    return "rtsp://" + user + "127.0.0.1:" + port_ + "/cam";
  }

 private:
  const std::vector<std::string> options_;
  std::string port_;
  std::unique_ptr<ChildProcess> process_;
};

// Gives each client to a function, which may send what it likes until the server ends.
class TestServer {
 public:
  class Client {
   public:
    Client(int socket, std::stop_token stop) : socket_(socket), stop_(std::move(stop)) {}
    // False when the client has gone.
    bool send(const std::string& bytes) const {  // NOLINT(modernize-use-nodiscard)
      std::size_t sent = 0;
      while (sent < bytes.size() && !stop_.stop_requested()) {
        pollfd ready{socket_, POLLOUT, 0};
        if (::poll(&ready, 1, 100) <= 0) continue;
        const ssize_t count =
            ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count <= 0) return false;
        sent += static_cast<std::size_t>(count);
      }
      return !stop_.stop_requested();
    }
    // Up to an empty line.
    std::string read_request() const {  // NOLINT(modernize-use-nodiscard)
      std::string request;
      char c = 0;
      while (!request.ends_with("\r\n\r\n") && ::recv(socket_, &c, 1, 0) == 1) request += c;
      return request;
    }
    bool sleep(std::chrono::milliseconds time) const {  // NOLINT(modernize-use-nodiscard)
      const auto end = std::chrono::steady_clock::now() + time;
      while (!stop_.stop_requested() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      return !stop_.stop_requested();
    }
    void stay_silent() const { sleep(std::chrono::hours(1)); }

   private:
    int socket_;
    std::stop_token stop_;
  };
  using Handler = std::function<void(const Client&)>;

  explicit TestServer(Handler handler)
      : handler_(std::move(handler)), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_, 8) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw Error(ErrorKind::failed, "no server socket");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~TestServer() {
    thread_.request_stop();
    ::shutdown(socket_, SHUT_RDWR);  // wakes accept
    thread_.join();
    ::close(socket_);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void serve(const std::stop_token& stop) {
    std::vector<std::jthread> clients;
    std::stop_source stop_clients;
    for (int client = 0; (client = ::accept(socket_, nullptr, nullptr)) >= 0 && !stop.stop_requested();) {
      timeval patience{1, 0};
      ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      clients.emplace_back([this, client, token = stop_clients.get_token()] {
        handler_(Client(client, token));
        ::close(client);
      });
    }
    stop_clients.request_stop();
  }

  const Handler handler_;
  int socket_ = -1, port_ = 0;
  std::jthread thread_;
};

// A port on which nothing listens now.
[[nodiscard]] inline int free_udp_port() {
  const int probe = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  (void)!::bind(probe, reinterpret_cast<sockaddr*>(&address), size);
  (void)!::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(probe);
  return ntohs(address.sin_port);
}

}  // namespace mainstream
