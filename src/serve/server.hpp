// Serves the control API over HTTP or HTTPS. On a loopback address it asks for no token; any other address
// needs TLS and tokens.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/node_view.hpp"

namespace mainstream {

struct ServerOptions {
  std::string address = "127.0.0.1";  // an address of this machine, no name
  int port = 8080;                    // 0: any free one
  // PEM; both or none. With them it is HTTPS.
  std::optional<std::filesystem::path> certificate, key;
  std::optional<std::filesystem::path> tokens;  // access.hpp tells its form
  std::vector<std::string> hosts;               // names by which clients call it, beside the address
};

class ApiServer {
 public:
  // Serves from here on; the node must outlive it. Throws usage for options that do not fit together, an
  // address that is not safe, or one that is taken; unreadable or untrusted for the files.
  ApiServer(NodeView& node, const ServerOptions& options);
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
