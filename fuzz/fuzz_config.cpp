// Reads configurations of a node.
#include <set>

#include "core/text.hpp"
#include "fuzzing.hpp"
#include "node/config.hpp"

namespace mainstream {
namespace {

void run(std::string_view text) {
  const ConfigReading reading = parse_config(text, "folder");
  for (const ConfigFault& fault : reading.faults) {
    expect(fault.kind == ErrorKind::usage, "the configuration is to blame: " + fault.what);
    expect(first_hidden(fault.what).empty(), "the message is one line: " + fault.what);
    expect(fault.what.size() < kMostMessage, "the message is short: " + fault.what);
  }
  if (!reading.faults.empty()) return;
  const NodeConfig& config = reading.config;
  std::set<std::string> streams, apps;
  for (const StreamConfig& stream : config.streams) {
    expect(name_fault(stream.name).empty() && streams.insert(stream.name).second,
           "streams have names of their own");
  }
  for (const AppConfig& app : config.apps) {
    expect(app.name.empty() || (name_fault(app.name).empty() && apps.insert(app.name).second),
           "apps have names of their own");
    for (const std::string& stream : app.streams)
      expect(streams.contains(stream), "the app's stream is there");
  }
}

}  // namespace
}  // namespace mainstream

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mainstream::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
