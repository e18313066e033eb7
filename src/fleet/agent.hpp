// A node's side of its fleet: takes what the fleet wants of the node from a retained message, fetches the
// packages, has the node run it, and reports. Answers who asks for records of events.
//
// A state that is wrong in anything is refused as a whole, and the one before stays in force. Without a
// connection the node goes on as it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "core/mutex.hpp"
#include "fleet/messages.hpp"
#include "fleet/node_reading.hpp"
#include "fleet/package_cache.hpp"
#include "net/mqtt_client.hpp"
#include "node/control.hpp"

namespace mainstream {

class FleetAgent {
 public:
  // `config` has [fleet]; `reading` is what the node was made of. Connects in a thread of its own, again and
  // again. `control` outlives it.
  FleetAgent(const NodeConfig& config, const NodeReading& reading, NodeControl& control);
  ~FleetAgent();  // says that the node is offline; takes half a second at most

  // Has the node run what is fetched, if anything. Called again and again by one thread.
  void look();

 private:
  using Progress = NodeReport::Progress;

  void connected();
  void say_online();
  void received(const std::string& topic, std::string_view payload, bool retained);
  void answer(std::string_view payload);
  void acknowledge(const RangeRequest& request, std::int64_t last_sequence);

  void run(const std::stop_token& stop);
  [[nodiscard]] std::optional<std::string> take_message();
  void tidy();
  [[nodiscard]] bool is_report_due();
  void follow(const std::string& payload, const std::stop_token& stop);
  [[nodiscard]] bool is_new(const DesiredState& state);
  [[nodiscard]] bool fetch(const DesiredState& state, const std::stop_token& stop);
  [[nodiscard]] bool wait_for(std::chrono::nanoseconds time, const std::stop_token& stop);
  [[nodiscard]] Change put_in_force(const DesiredState& state);
  void keep(const DesiredState& state);

  void tell(Progress progress, const std::string& why = {}, double fetched = 0);
  void refuse(const std::string& why);
  void report();
  [[nodiscard]] NodeReport report_now() const;

  const std::filesystem::path directory_;
  const std::string node_;
  const std::chrono::milliseconds every_;
  const FleetTopics topics_;
  NodeControl& control_;

  // Of thread_:
  PackageCache cache_;
  NodeReport reported_;
  std::chrono::steady_clock::time_point reported_at_{}, compared_at_{};

  StoreReader reader_;  // of the connection's thread

  mutable Mutex mutex_;
  std::optional<std::string> message_ GUARDED_BY(mutex_);  // the newest that is not looked at yet
  std::stop_source fetching_ GUARDED_BY(mutex_);           // stopped by the next message
  std::optional<DesiredState> ready_ GUARDED_BY(mutex_);   // fetched, to be put in force
  bool changing_ GUARDED_BY(mutex_) = false;               // being put in force
  std::optional<DesiredState> in_force_ GUARDED_BY(mutex_);
  std::int64_t wanted_ GUARDED_BY(mutex_) = 0;
  Progress progress_ GUARDED_BY(mutex_) = Progress::own;
  std::string why_ GUARDED_BY(mutex_);
  double fetched_ GUARDED_BY(mutex_) = 0;
  bool report_due_ GUARDED_BY(mutex_) = true;
  bool tidy_due_ GUARDED_BY(mutex_) = true;
  bool odd_request_said_ GUARDED_BY(mutex_) = false;
  std::map<std::string, std::int64_t> acknowledged_ GUARDED_BY(mutex_);  // by receiver

  MqttClient client_;  // its thread uses what stands before it
  std::jthread thread_;
};

}  // namespace mainstream
