// Cameras for tests: a real RTSP server, ffmpeg as a sender, and a server that answers as a test wants.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/child_testing.hpp"

namespace mainstream {

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
  void stop() { (void)process_->end(); }
  void kill() { (void)process_->end(SIGKILL); }

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

}  // namespace mainstream
