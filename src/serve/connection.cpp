#include "serve/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mainstream {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLook{100};  // how often a waiting thread looks for a stop

template <typename GetName>
void address_of(int socket, const GetName& get_name, std::string& ip, int& port) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (get_name(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return;
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    ip = ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    port = ntohs(v4->sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    ip = ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
    port = ntohs(v6->sin6_port);
  }
}

}  // namespace

Connection::Connection(int socket, SSL_CTX* tls, const ConnectionLimits& limits, std::stop_token stop)
    : socket_(socket), limits_(limits), stop_(std::move(stop)) {
  ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) | O_NONBLOCK);
  const int yes = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (tls != nullptr) {
    ssl_.reset(SSL_new(tls));
    if (ssl_) SSL_set_fd(ssl_.get(), socket_);
  }
}

Connection::~Connection() {
  if (ssl_) SSL_shutdown(ssl_.get());  // says goodbye, waits for nothing
  ssl_.reset();
  ::shutdown(socket_, SHUT_RDWR);
  ::close(socket_);
}

bool Connection::wait(short events, Time until) const {
  while (!stop_.stop_requested()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now());
    if (left.count() <= 0) return false;
    pollfd one{socket_, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min(left, kLook).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

template <typename Step>
int Connection::until_done(const Step& step, short events, Time until) {
  while (true) {
    const int done = step();
    if (done > 0) return done;
    short wanted = events;
    if (ssl_) {
      const int error = SSL_get_error(ssl_.get(), done);
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        return error == SSL_ERROR_ZERO_RETURN ? 0 : -1;
      wanted = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    } else if (done == 0) {
      return 0;
    } else if (errno == EINTR) {
      continue;
    } else if (errno != EAGAIN) {
      return -1;
    }
    if (!wait(wanted, until)) return -1;
  }
}

bool Connection::greet() {
  ERR_clear_error();
  const auto accept = [&] { return SSL_accept(ssl_.get()); };
  return !ssl_ || until_done(accept, POLLIN, SteadyClock::now() + limits_.request) > 0;
}

bool Connection::wait_for_request(const std::function<bool()>& hurry) {
  const Time until = SteadyClock::now() + limits_.idle;
  const auto here = [&] { return begin_ < end_ || (ssl_ && SSL_pending(ssl_.get()) > 0); };
  while (!here() && !wait(POLLIN, std::min(until, SteadyClock::now() + kLook))) {
    if (hurry() || stop_.stop_requested() || SteadyClock::now() >= until) return false;
  }
  left_ = limits_.request_bytes;
  request_until_ = SteadyClock::now() + limits_.request;
  return true;
}

void Connection::expect_body(std::size_t bytes) {
  left_ += bytes;
  request_until_ += std::chrono::seconds(bytes / kLeastPace);
}

bool Connection::is_writable() const {
  if (stop_.stop_requested()) return false;
  pollfd one{socket_, POLLRDHUP, 0};
  return ::poll(&one, 1, 0) <= 0 || (one.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0;
}

ssize_t Connection::read(char* bytes, std::size_t size) {
  if (begin_ == end_) {
    if (left_ == 0) return -1;
    const std::size_t most = std::min(buffer_.size(), left_);
    ERR_clear_error();
    const auto receive = [&]() -> int {
      return ssl_ ? SSL_read(ssl_.get(), buffer_.data(), static_cast<int>(most))
                  : static_cast<int>(::recv(socket_, buffer_.data(), most, 0));
    };
    const int received = until_done(receive, POLLIN, request_until_);
    if (received <= 0) return received;
    begin_ = 0;
    end_ = static_cast<std::size_t>(received);
    left_ -= end_;
  }
  const std::size_t given = std::min(size, end_ - begin_);
  std::memcpy(bytes, buffer_.data() + begin_, given);
  begin_ += given;
  return static_cast<ssize_t>(given);
}

ssize_t Connection::write(const char* bytes, std::size_t size) {
  const Time until = SteadyClock::now() + limits_.write;
  for (std::size_t sent = 0; sent < size;) {
    const std::size_t part = std::min<std::size_t>(size - sent, 16 << 10);
    ERR_clear_error();
    const auto send = [&]() -> int {
      return ssl_ ? SSL_write(ssl_.get(), bytes + sent, static_cast<int>(part))
                  : static_cast<int>(::send(socket_, bytes + sent, part, MSG_NOSIGNAL));
    };
    const int done = until_done(send, POLLOUT, until);
    if (done <= 0) return -1;
    sent += static_cast<std::size_t>(done);
  }
  return static_cast<ssize_t>(size);
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  address_of(socket_, ::getpeername, ip, port);
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  address_of(socket_, ::getsockname, ip, port);
}

}  // namespace mainstream
