// How an MQTT broker is reached.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace mainstream {

struct MqttBroker {
  std::string host;
  int port = 1883;  // 8883 is usual with TLS
  // One line, `user:password`; empty: neither. Others should not be able to read it.
  std::filesystem::path credentials_file;

  bool tls = false;
  std::filesystem::path ca_file;              // certificates to trust; empty: the system's
  std::filesystem::path cert_file, key_file;  // to prove who the client is; empty: not asked for

  std::chrono::seconds keep_alive{15};
  std::chrono::milliseconds first_pause{500}, longest_pause{30'000};  // between attempts to connect
};

}  // namespace mainstream
