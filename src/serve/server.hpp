// Serves the control API over HTTP or HTTPS. On a loopback address it asks for no token; any other address
// needs TLS and tokens; without a certificate of its owner it has one that it makes itself.
#pragma once

#include <memory>

#include "node/config.hpp"
#include "node/control.hpp"

namespace mainstream {

// Throws what an ApiServer would for this configuration, without listening.
void check_serving(const ServeConfig& config);

class ApiServer {
 public:
  // Serves from here on; the node must outlive it. Throws usage for values that do not fit together, an
  // address that is not safe, or one that is taken; unreadable or untrusted for the files.
  ApiServer(NodeControl& node, const ServeConfig& config);
  // Ends live events, lets running answers finish, and joins all threads.
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  [[nodiscard]] int port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mainstream
