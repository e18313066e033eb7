#include "node/status_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include "core/log.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

using Steady = std::chrono::steady_clock;

constexpr const char* kSocketName = "status.sock";
constexpr std::size_t kMostClients = 16, kMostAnswer = std::size_t{64} << 20;
constexpr auto kClientTime = std::chrono::seconds(5);

struct StatusClient {
  Descriptor socket;
  std::string text;
  std::size_t sent = 0;
  Steady::time_point until{};
};

// The directory is opened, so that a long path fits: an address has 107 bytes.
sockaddr_un socket_address(const Descriptor& directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}/{}", directory.get(), kSocketName);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Descriptor open_folder(const std::filesystem::path& directory) {
  return Descriptor(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

Descriptor stream_socket(int flags) {
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

// Whether there is more to send.
bool send_more(StatusClient& client) {
  while (client.sent < client.text.size()) {
    const ssize_t sent = ::send(client.socket.get(), client.text.data() + client.sent,
                                client.text.size() - client.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    client.sent += static_cast<std::size_t>(sent);
  }
  return false;
}

}  // namespace

StatusSocket::StatusSocket(const std::filesystem::path& directory, std::function<std::string()> text)
    : path_(directory / kSocketName),
      text_(std::move(text)),
      listening_(stream_socket(SOCK_NONBLOCK)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  const Descriptor folder = open_folder(directory);
  const sockaddr_un address = socket_address(folder);
  ::unlink(path_.c_str());
  // The socket's mode becomes that of the file.
  const bool works =
      folder.is_open() && wake_.is_open() && ::fchmod(listening_.get(), 0600) == 0 &&
      ::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(listening_.get(), kMostClients) == 0;
  if (!works) throw Error(ErrorKind::storage, fmt::format("{}: {}", path_.string(), std::strerror(errno)));
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

StatusSocket::~StatusSocket() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
  thread_.join();
  ::unlink(path_.c_str());
}

void StatusSocket::serve(const std::stop_token& stop) {
  std::vector<StatusClient> clients;
  while (!stop.stop_requested()) {
    const bool is_full = clients.size() >= kMostClients;
    std::vector<pollfd> waiting{{wake_.get(), POLLIN, 0}, {is_full ? -1 : listening_.get(), POLLIN, 0}};
    for (const StatusClient& client : clients) waiting.push_back({client.socket.get(), POLLOUT, 0});
    ::poll(waiting.data(), waiting.size(), clients.empty() ? -1 : 1000);
    if ((waiting[1].revents & POLLIN) != 0) {
      Descriptor socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket.is_open()) clients.push_back({std::move(socket), text_(), 0, Steady::now() + kClientTime});
    }
    std::erase_if(clients,
                  [](StatusClient& client) { return !send_more(client) || Steady::now() > client.until; });
  }
}

std::string ask_node(const std::filesystem::path& directory) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorKind::failed, fmt::format("{}: {}", directory.string(), why));
  };
  const Descriptor folder = open_folder(directory), socket = stream_socket(0);
  const sockaddr_un address = socket_address(folder);
  if (!folder.is_open() ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    refuse(errno == EACCES || errno == EPERM ? "only who started the node may ask it"
                                             : "no node runs with this state directory");
  }
  std::string text;
  std::vector<char> part(65536);
  for (const auto until = Steady::now() + kClientTime; text.size() < kMostAnswer;) {
    pollfd waiting{socket.get(), POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Steady::now()).count();
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) == 0) refuse("the node does not answer");
    const ssize_t got = ::recv(socket.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (got == 0) return text;
    if (got > 0) text.append(part.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EAGAIN && errno != EINTR) refuse("the node ended in the middle of its answer");
  }
  refuse(fmt::format("the node's answer has more than {} MiB", kMostAnswer >> 20));
  return {};
}

}  // namespace mainstream
