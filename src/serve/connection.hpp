// A client's socket with limits on time and size, plain or TLS. cpp-httplib's own streams limit each read, so
// a client that sends a byte now and then would hold a thread for ever, and a line without an end would fill
// the memory.
#pragma once

#include <httplib.h>

#include <array>
#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

namespace mainstream {

constexpr std::size_t kLeastPace = std::size_t{64} << 10;  // bytes per second

struct ConnectionLimits {
  std::chrono::milliseconds request{5'000};  // from its first byte until all of it is there
  std::chrono::milliseconds write{10'000};   // until the client has taken what one write gives
  std::chrono::milliseconds idle{5'000};     // between two requests
  std::size_t request_bytes = 32 << 10;      // of a request without its body
};

// One thread. All members end within 100 ms when a stop is asked for.
class Connection : public httplib::Stream {
 public:
  // Takes the socket. `tls`: nullptr for plain HTTP.
  Connection(int socket, SSL_CTX* tls, const ConnectionLimits& limits, std::stop_token stop);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The TLS handshake, within the time of a request. True for plain HTTP.
  [[nodiscard]] bool greet();
  // Waits until the next request begins, and gives it new limits. False when it does not come, or when
  // `hurry()` is true meanwhile.
  [[nodiscard]] bool wait_for_request(const std::function<bool()>& hurry);

  // The request may have a body of so many bytes, which come at kLeastPace or faster.
  void expect_body(std::size_t bytes);

  [[nodiscard]] bool is_readable() const override { return !stop_.stop_requested(); }
  [[nodiscard]] bool is_writable() const override;              // also false when the client is gone
  ssize_t read(char* bytes, std::size_t size) override;         // -1: an error, or a limit
  ssize_t write(const char* bytes, std::size_t size) override;  // all of it, or -1
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  [[nodiscard]] socket_t socket() const override { return socket_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  [[nodiscard]] bool wait(short events, Time until) const;
  // Calls `step` until it returns more than 0, waiting as TLS or the socket asks.
  template <typename Step>
  [[nodiscard]] int until_done(const Step& step, short events, Time until);

  const int socket_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  const ConnectionLimits limits_;
  const std::stop_token stop_;
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0, end_ = 0;  // what is read and not yet given out
  std::size_t left_ = 0;             // bytes that the request may still have
  Time request_until_{};
};

}  // namespace mainstream
