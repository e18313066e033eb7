#include "net/mqtt_client.hpp"

#include <fmt/format.h>
#include <mosquitto.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "core/backoff.hpp"
#include "core/file.hpp"
#include "core/log.hpp"
#include "core/output.hpp"
#include "core/stop.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr int kQos = 1;
constexpr int kLoopMs = 100;  // how often the thread looks whether to stop
constexpr std::chrono::seconds kAnswerTime{10};
constexpr std::chrono::milliseconds kGoodbyeTime{500};

struct Credentials {
  std::string user, password;
};

Credentials read_credentials(const std::filesystem::path& path) {
  const std::string text = read_file(path, 4096);
  const std::string line = text.substr(0, text.find_first_of("\r\n"));
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos || colon == 0) {
    throw Error(
        ErrorKind::untrusted,
        fmt::format("{}: expected user:password on the first line, got something else", path.string()));
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
    module_log("net").warn("{}: everybody on this machine can read this password", path.string());
  }
  return {line.substr(0, colon), line.substr(colon + 1)};
}

void require(int code, const char* what) {
  if (code == MOSQ_ERR_SUCCESS) return;
  throw Error(ErrorKind::usage, fmt::format("mqtt: {}: {}", what, mosquitto_strerror(code)));
}

std::string why_lost(int code) {
  if (code == MOSQ_ERR_TLS) {
    return "TLS failed: the broker's certificate is not trusted (ca_file) or not for this host, or it speaks "
           "no TLS";
  }
  return code == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(code);
}

// Nothing may be thrown through the library, which is C.
template <typename Handler>
void guarded(const Handler& handler) {
  try {
    handler();
  } catch (const std::exception& error) {
    module_log("net").warn("{}", error.what());
  }
}

const char* path_or_null(const std::filesystem::path& path) {
  return path.empty() ? nullptr : path.c_str();
}

// Until the other side closes its end too. What it sends to a closed socket resets the connection, and an
// MQTT broker that has not read the goodbye then publishes the last will.
void read_to_end(const Descriptor& socket, MqttClient::Time until) {
  for (std::array<char, 4096> rest{};;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd waiting{socket.get(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) == 0) return;
    const ssize_t got = ::recv(socket.get(), rest.data(), rest.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
  }
}

}  // namespace

void MqttClient::Free::operator()(mosquitto* client) const {
  mosquitto_destroy(client);
}

MqttClient::MqttClient(const MqttBroker& broker, std::optional<MqttMessage> last_will,
                       std::vector<std::string> subscriptions, Handlers handlers)
    : host_(broker.host),
      port_(broker.port),
      keep_alive_(broker.keep_alive),
      first_pause_(broker.first_pause),
      longest_pause_(broker.longest_pause),
      last_will_(std::move(last_will)),
      subscriptions_(std::move(subscriptions)),
      handlers_(std::move(handlers)) {
  static const int ready = mosquitto_lib_init();  // once, before any thread uses it
  require(ready, "the library does not start");
  client_.reset(mosquitto_new(nullptr, true, this));
  if (!client_) throw Error(ErrorKind::failed, "mqtt: the library does not start");
  set_up(broker);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

MqttClient::~MqttClient() {
  thread_.request_stop();
  thread_.join();
}

void MqttClient::set_up(const MqttBroker& broker) {
  mosquitto* client = client_.get();
  mosquitto_threaded_set(client, true);  // others publish while the thread serves
  mosquitto_connect_callback_set(client, on_connect);
  mosquitto_publish_callback_set(client, on_publish);
  mosquitto_message_callback_set(client, on_message);
  if (last_will_) {
    require(
        mosquitto_will_set(client, last_will_->topic.c_str(), static_cast<int>(last_will_->payload.size()),
                           last_will_->payload.data(), kQos, last_will_->retain),
        "last will");
  }
  if (!broker.credentials_file.empty()) {
    const Credentials credentials = read_credentials(broker.credentials_file);
    require(mosquitto_username_pw_set(client, credentials.user.c_str(), credentials.password.c_str()),
            "user");
  }
  if (!broker.tls) return;
  if (broker.ca_file.empty()) {
    require(mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1), "the system's certificates");
    require(mosquitto_tls_set(client, nullptr, "/etc/ssl/certs", path_or_null(broker.cert_file),
                              path_or_null(broker.key_file), nullptr),
            "certificates");
  } else {
    require(mosquitto_tls_set(client, broker.ca_file.c_str(), nullptr, path_or_null(broker.cert_file),
                              path_or_null(broker.key_file), nullptr),
            "certificates");
  }
}

void MqttClient::run(const std::stop_token& stop) {
  block_sigpipe();  // a broker that goes away is an error of a write, not the end
  Backoff backoff(first_pause_, longest_pause_);
  while (!stop.stop_requested()) {
    if (const int code = connect(); code != MOSQ_ERR_SUCCESS) {
      lost(why_lost(code));
    } else {
      serve(stop);
    }
    if (stop.stop_requested()) break;
    if (connected()) {
      backoff.reset();
      lost("the connection broke");
    }
    const auto end = std::chrono::steady_clock::now() + backoff.next();
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(kLoopMs));
    }
  }
  say_goodbye();
}

int MqttClient::connect() {
  {
    const MutexLock lock(mutex_);
    refused_ = false;
  }
  if (tried_) return mosquitto_reconnect_async(client_.get());
  tried_ = true;
  return mosquitto_connect_async(client_.get(), host_.c_str(), port_, static_cast<int>(keep_alive_.count()));
}

// Until the connection breaks, is refused, or is not there in time.
void MqttClient::serve(const std::stop_token& stop) {
  const auto late = std::chrono::steady_clock::now() + kAnswerTime;
  bool told = false;
  while (!stop.stop_requested()) {
    const int code = mosquitto_loop(client_.get(), kLoopMs, 1);
    const bool here = connected();
    if (code != MOSQ_ERR_SUCCESS) {
      if (!here) lost(why_lost(code));
      return;
    }
    // Not in on_connect: libmosquitto sends what was not acknowledged after that, and it is older.
    if (here && !std::exchange(told, true)) guarded(handlers_.connected);
    {
      const MutexLock lock(mutex_);
      if (refused_) return;
    }
    if (!here && std::chrono::steady_clock::now() > late) {
      lost(fmt::format("no answer within {} s", kAnswerTime.count()));
      return;
    }
  }
}

void MqttClient::lost(const std::string& why) {
  const MutexLock lock(mutex_);
  connected_ = false;
  if (!refused_) error_ = why;
  changed_.notify_all();
}

// If the broker does not acknowledge the last will in time, the connection breaks, and the broker says it.
void MqttClient::say_goodbye() {
  if (!connected()) return;
  mosquitto_message_callback_set(client_.get(), nullptr);  // nobody answers any more
  const auto end = std::chrono::steady_clock::now() + kGoodbyeTime;
  const auto number = last_will_ ? publish(*last_will_) : std::nullopt;
  while (number && !wait_acknowledged({*number}, {})) {
    if (mosquitto_loop(client_.get(), kLoopMs / 10, 1) != MOSQ_ERR_SUCCESS) return;
    if (std::chrono::steady_clock::now() >= end) return;
  }
  const Descriptor socket(::dup(mosquitto_socket(client_.get())));  // the library closes its own at once
  mosquitto_disconnect(client_.get());
  // Not mosquitto_loop: it reads first, and with something to read libmosquitto closes without its goodbye.
  mosquitto_loop_write(client_.get(), 1);
  if (!socket.is_open()) return;
  ::shutdown(socket.get(), SHUT_WR);
  read_to_end(socket, end);
}

std::optional<int> MqttClient::publish(const MqttMessage& message) {
  // Held over the call, so the acknowledgement cannot come before its number is known.
  const MutexLock lock(mutex_);
  if (!connected_) return std::nullopt;
  int number = 0;
  const int code = mosquitto_publish(client_.get(), &number, message.topic.c_str(),
                                     static_cast<int>(message.payload.size()), message.payload.data(), kQos,
                                     message.retain);
  // Without a connection the message is kept by the library, too.
  if (code != MOSQ_ERR_SUCCESS && code != MOSQ_ERR_NO_CONN) {
    throw Error(ErrorKind::failed, fmt::format("mqtt: cannot publish: {}", mosquitto_strerror(code)));
  }
  pending_.insert(number);
  return number;
}

bool MqttClient::is_pending(const std::vector<int>& numbers) const {
  for (const int number : numbers) {
    if (pending_.contains(number)) return true;
  }
  return false;
}

bool MqttClient::wait_acknowledged(const std::vector<int>& numbers, Time until) const {
  const MutexLock lock(mutex_);
  while (is_pending(numbers)) {
    if (!connected_ || std::chrono::steady_clock::now() >= until) return false;
    changed_.wait_until(mutex_, until);
  }
  return true;
}

bool MqttClient::wait_connected(Time until) const {
  const MutexLock lock(mutex_);
  while (!connected_) {
    if (std::chrono::steady_clock::now() >= until) return false;
    changed_.wait_until(mutex_, until);
  }
  return true;
}

bool MqttClient::connected() const {
  const MutexLock lock(mutex_);
  return connected_;
}

std::string MqttClient::error() const {
  const MutexLock lock(mutex_);
  return fmt::format("mqtt {}:{}: {}", host_, port_, error_);
}

void MqttClient::on_connect(mosquitto* client, void* self, int code) {
  auto& me = *static_cast<MqttClient*>(self);
  {
    const MutexLock lock(me.mutex_);
    me.connected_ = code == 0;
    me.refused_ = code != 0;
    me.error_ = code == 0 ? "" : mosquitto_connack_string(code);
    me.changed_.notify_all();
  }
  if (code != 0) return;
  for (const std::string& topic : me.subscriptions_)
    mosquitto_subscribe(client, nullptr, topic.c_str(), kQos);
}

void MqttClient::on_publish(mosquitto* /*client*/, void* self, int number) {
  auto& me = *static_cast<MqttClient*>(self);
  const MutexLock lock(me.mutex_);
  me.pending_.erase(number);
  me.changed_.notify_all();
}

void MqttClient::on_message(mosquitto* /*client*/, void* self, const mosquitto_message* message) {
  auto& me = *static_cast<MqttClient*>(self);
  const std::string_view payload(static_cast<const char*>(message->payload),
                                 static_cast<std::size_t>(message->payloadlen));
  guarded([&] { me.handlers_.message(message->topic, payload, message->retain); });
}

}  // namespace mainstream
