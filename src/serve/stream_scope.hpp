// What a token that is limited to some streams may see (docs/api.md, "Tokens of some streams").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json_field.hpp"
#include "node/service.hpp"

namespace mainstream {

class StreamScope {
 public:
  StreamScope() = default;  // all streams, and the node
  explicit StreamScope(std::vector<std::string> streams) : only_(std::move(streams)) {}

  [[nodiscard]] bool is_limited() const { return only_.has_value(); }
  [[nodiscard]] bool has(const std::string& stream) const;
  [[nodiscard]] bool has_all(const std::vector<std::string>& streams) const;
  // Its streams; nothing: all.
  [[nodiscard]] const std::optional<std::vector<std::string>>& streams() const { return only_; }
  [[nodiscard]] std::string words() const;  // "streams gate, roof"; of a limited one

  // The state without other streams, what is on them, sinks, and the figures of the whole node. Events are
  // those of the apps that stay; a reason that names something else is one that does not.
  [[nodiscard]] ServiceState seen(ServiceState state) const;
  // state_json() or plan_json() of what was seen: figures of the whole node are null.
  [[nodiscard]] Json seen_status(Json status) const;
  [[nodiscard]] Json seen_plan(Json plan) const;
  // The text, if it names no stream and no app of the node beyond these.
  [[nodiscard]] std::optional<std::string> seen_text(std::string text, const ServiceState& state) const;

 private:
  std::optional<std::vector<std::string>> only_;
};

}  // namespace mainstream
