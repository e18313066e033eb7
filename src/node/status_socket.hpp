// A Unix socket in a node's state directory that tells how the node is, to its owner alone.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "core/output.hpp"

namespace mainstream {

// Whoever connects gets the text, and the connection ends. A few clients at a time, each for a few seconds:
// one that stalls holds nobody.
class StatusSocket {
 public:
  // `text` is called in the socket's thread. Replaces the socket of a node that died: who has the directory's
  // lock may. Throws storage.
  StatusSocket(const std::filesystem::path& directory, std::function<std::string()> text);
  ~StatusSocket();
  StatusSocket(const StatusSocket&) = delete;
  StatusSocket& operator=(const StatusSocket&) = delete;

 private:
  void serve(const std::stop_token& stop);

  const std::filesystem::path path_;
  const std::function<std::string()> text_;
  Descriptor listening_, wake_;
  std::jthread thread_;
};

// What the node with this state directory tells. Throws failed when none runs or it does not answer in time.
[[nodiscard]] std::string ask_node(const std::filesystem::path& directory);

}  // namespace mainstream
