// A real node that plays a clip, as tests of the API need it.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <thread>

#include "node/config_check.hpp"
#include "node/service.hpp"
#include "run/testing.hpp"
#include "store/testing.hpp"

namespace mainstream {

// The configuration's values; throws usage with its first fault.
inline CheckedConfig checked_config(const std::string& text, const std::filesystem::path& folder) {
  ConfigReading reading = parse_config(text, folder);
  CheckedConfig checked{std::move(reading.config), {}};
  checked.check.faults = std::move(reading.faults);
  if (checked.check.faults.empty()) checked.check = check_config(checked.config);
  if (checked.check.faults.empty()) return checked;
  throw Error(ErrorKind::usage, message("node.toml", checked.check.faults.front()));
}

// Node "yard" with streams "gate" and "roof", which nobody sends; apps "near" and "far" on "gate", "sky" on
// "roof"; and a sink "lines".
class TestNode {
 public:
  TestNode() {
    const std::string command = "ffmpeg -nostdin -y -v error -stream_loop 100 -i " + mix_.clip().string() +
                                " -c copy " + (folder() / "long.avi").string();
    if (std::system(command.c_str()) != 0) throw Error(ErrorKind::failed, command);
    service_ = std::make_unique<NodeService>(checked_config(config(), folder()));
    thread_ = std::jthread([this](const std::stop_token& stop) { service_->run(stop); });
  }

  [[nodiscard]] NodeService& service() { return *service_; }
  [[nodiscard]] Store& store() { return service_->store(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return mix_.folder.path(); }

  [[nodiscard]] static std::string config() {
    const auto app = [](const char* name, const char* stream, char package) {
      return fmt::format("[[app]]\nname = \"{}\"\nstream = \"{}\"\npackage = \"{}.mpkg\"\n", name, stream,
                         package);
    };
    return "[node]\nname = \"yard\"\nbases = \"base.onnx\"\ncache = \"cache\"\nworkers = 1\nthreads = 1\n"
           "[[stream]]\nname = \"gate\"\nurl = \"long.avi\"\nloop = true\n"
           "[[stream]]\nname = \"roof\"\nurl = \"rtsp://127.0.0.1:1/nothing\"\n" +
           app("near", "gate", 'a') + app("far", "gate", 'b') + app("sky", "roof", 'c') +
           "[[sink]]\ntype = \"jsonl\"\nname = \"lines\"\npath = \"events.jsonl\"\n";
  }

 private:
  TestMix mix_;
  std::unique_ptr<NodeService> service_;
  std::jthread thread_;  // ends before the service
};

}  // namespace mainstream
