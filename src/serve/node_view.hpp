// What the web side needs of a node. It only asks and passes on; the node decides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mainstream/node.hpp"
#include "mainstream/sink.hpp"
#include "mainstream/store.hpp"

namespace mainstream {

// All members may be called from any thread, many at once, and must not wait for the analysis.
class NodeView {
 public:
  virtual ~NodeView() = default;

  [[nodiscard]] virtual NodeState state() const = 0;
  // The newest picture of a stream; nothing when there is no such stream, or no picture yet.
  [[nodiscard]] virtual std::optional<std::string> latest_jpeg(const std::string& stream) const = 0;

  [[nodiscard]] virtual std::vector<SinkState> sinks() const = 0;

  [[nodiscard]] virtual Store& store() = 0;
};

}  // namespace mainstream
