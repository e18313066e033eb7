// The topics of a node, and what comes in on them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mainstream {

class MqttTopics {
 public:
  explicit MqttTopics(const std::string& node);  // throws usage (check_topic_name)

  [[nodiscard]] std::string available() const { return root_ + "/available"; }
  [[nodiscard]] std::string events() const { return root_ + "/events"; }
  [[nodiscard]] std::string warnings() const { return root_ + "/warnings"; }
  [[nodiscard]] std::string stats() const { return root_ + "/stats"; }
  [[nodiscard]] std::string status_of(const std::string& stream) const {
    return root_ + "/" + stream + "/status";
  }
  // `what`: state, event or snapshot.
  [[nodiscard]] std::string of(const std::string& stream, const std::string& app, const char* what) const {
    return root_ + "/" + stream + "/" + app + "/" + what;
  }
  [[nodiscard]] std::string enabled(const std::string& app) const {
    return root_ + "/" + app + "/enabled/state";
  }
  [[nodiscard]] std::string set_enabled(const std::string& app) const {
    return root_ + "/" + app + "/enabled/set";
  }

  struct EnableCommand {
    std::string app;
    bool enabled = false;
  };
  // What someone sent to set_enabled(app); nothing for any other topic. Throws untrusted, beginning with
  // "mqtt", for a payload that is neither ON nor OFF.
  [[nodiscard]] std::optional<EnableCommand> command(std::string_view topic, std::string_view payload) const;

 private:
  std::string root_;
};

}  // namespace mainstream
