// A real broker, and a client on the other side of it.
#pragma once

#include <fmt/format.h>
#include <mosquitto.h>

#include <atomic>
#include <string>
#include <vector>

#include "core/mutex.hpp"
#include "sink/testing.hpp"

namespace mainstream {

inline constexpr const char* kBroker = "/usr/sbin/mosquitto";

// On a free port of this machine, for everyone.
class TestBroker {
 public:
  TestBroker() {
    write_file(folder_ / "broker.conf",
               fmt::format("listener {} 127.0.0.1\nallow_anonymous true\nuser root\n", port_));
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{kBroker, "-c", (folder_ / "broker.conf").string()}, kMuted);
    EXPECT_TRUE(soon([&] { return accepts_connections(port_); })) << "the broker does not start";
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  TestFolder folder_;
  const int port_ = free_port();
  std::unique_ptr<ChildProcess> process_;
};

// A client of its own making: what Home Assistant, or any other program, sees and sends. Its session outlives
// its connections.
class Listener {
 public:
  struct Message {
    std::string topic, payload;
    bool retained = false;
  };

  explicit Listener(int port, const std::vector<std::string>& topics = {"#"}) : topics_(topics) {
    mosquitto_lib_init();
    client_ = mosquitto_new("listener", false, this);
    mosquitto_reconnect_delay_set(client_, 1, 1, false);
    mosquitto_connect_callback_set(client_, [](mosquitto* client, void* self, int) {
      auto& me = *static_cast<Listener*>(self);
      for (const std::string& topic : me.topics_) mosquitto_subscribe(client, nullptr, topic.c_str(), 1);
    });
    mosquitto_subscribe_callback_set(client_, [](mosquitto*, void* self, int, int, const int*) {
      static_cast<Listener*>(self)->ready_ = true;
    });
    mosquitto_message_callback_set(client_, [](mosquitto*, void* self, const mosquitto_message* message) {
      auto& me = *static_cast<Listener*>(self);
      const MutexLock lock(me.mutex_);
      me.messages_.push_back(
          {message->topic,
           {static_cast<const char*>(message->payload), static_cast<std::size_t>(message->payloadlen)},
           message->retain});
    });
    mosquitto_connect(client_, "127.0.0.1", port, 5);
    mosquitto_loop_start(client_);
    EXPECT_TRUE(soon([&] { return ready_.load(); }));
  }
  ~Listener() {
    mosquitto_disconnect(client_);
    mosquitto_loop_stop(client_, false);
    mosquitto_destroy(client_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void send(const std::string& topic, const std::string& payload, bool retain = false) {
    mosquitto_publish(client_, nullptr, topic.c_str(), static_cast<int>(payload.size()), payload.data(), 1,
                      retain);
  }
  // In the order in which they came.
  [[nodiscard]] std::vector<std::string> on(const std::string& topic) const {
    const MutexLock lock(mutex_);
    std::vector<std::string> payloads;
    for (const Message& message : messages_) {
      if (message.topic == topic) payloads.push_back(message.payload);
    }
    return payloads;
  }
  [[nodiscard]] std::string last(const std::string& topic) const {
    const auto all = on(topic);
    return all.empty() ? "(nothing)" : all.back();
  }

 private:
  const std::vector<std::string> topics_;
  mosquitto* client_ = nullptr;
  std::atomic<bool> ready_{false};
  mutable Mutex mutex_;
  std::vector<Message> messages_ GUARDED_BY(mutex_);
};

}  // namespace mainstream
