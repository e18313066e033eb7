// A connection to an MQTT broker (libmosquitto) that comes back by itself, with acknowledged messages.
//
// A thread of its own serves it. What was published and not acknowledged when the connection broke is sent
// again by libmosquitto after the next connect, so it is published once only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/mutex.hpp"
#include "mainstream/mqtt_broker.hpp"

struct mosquitto;
struct mosquitto_message;

namespace mainstream {

struct MqttMessage {
  std::string topic, payload;
  bool retain = false;
};

class MqttClient {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Called from the connection's thread; they may publish.
  struct Handlers {
    // And subscribed: what it publishes comes behind the subscriptions, and behind what is sent again.
    std::function<void()> connected;
    std::function<void(const std::string& topic, std::string_view payload, bool retained)> message;
  };

  // `last_will` is what the broker publishes when the connection breaks, if anything. Starts to connect.
  // Throws usage for wrong options, unreadable or untrusted for the files.
  MqttClient(const MqttBroker& broker, std::optional<MqttMessage> last_will,
             std::vector<std::string> subscriptions, Handlers handlers);
  // Publishes `last_will` itself, and disconnects.
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  // With QoS 1. Returns the message's number for wait_acknowledged; nothing when there is no connection.
  // Throws failed for a message that can never be sent.
  [[nodiscard]] std::optional<int> publish(const MqttMessage& message);

  // True when the broker has acknowledged all of them; false when `until` has come or the connection is gone.
  [[nodiscard]] bool wait_acknowledged(const std::vector<int>& numbers, Time until) const;
  // False when `until` has come.
  [[nodiscard]] bool wait_connected(Time until) const;

  [[nodiscard]] bool connected() const;
  [[nodiscard]] std::string error() const;  // why there is no connection

 private:
  struct Free {
    void operator()(mosquitto* client) const;
  };
  void set_up(const MqttBroker& broker);
  void run(const std::stop_token& stop);
  int connect();
  void serve(const std::stop_token& stop);
  void lost(const std::string& why);
  void say_goodbye();
  [[nodiscard]] bool is_pending(const std::vector<int>& numbers) const REQUIRES(mutex_);

  static void on_connect(mosquitto* client, void* self, int code);
  static void on_publish(mosquitto* client, void* self, int number);
  static void on_message(mosquitto* client, void* self, const mosquitto_message* message);

  const std::string host_;
  const int port_;
  const std::chrono::seconds keep_alive_;
  const std::chrono::milliseconds first_pause_, longest_pause_;
  const std::optional<MqttMessage> last_will_;
  const std::vector<std::string> subscriptions_;
  const Handlers handlers_;
  std::unique_ptr<mosquitto, Free> client_;
  bool tried_ = false;  // of the thread

  mutable Mutex mutex_;
  mutable CondVar changed_;
  bool connected_ GUARDED_BY(mutex_) = false;
  bool refused_ GUARDED_BY(mutex_) = false;
  std::string error_ GUARDED_BY(mutex_) = "not connected yet";
  std::set<int> pending_ GUARDED_BY(mutex_);

  std::jthread thread_;
};

}  // namespace mainstream
