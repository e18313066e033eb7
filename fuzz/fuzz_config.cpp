// Reads configurations of a node, and writes tables of them from JSON.
#include <set>

#include "core/json.hpp"
#include "core/text.hpp"
#include "fuzzing.hpp"
#include "node/config.hpp"
#include "node/config_text.hpp"

namespace mainstream {
namespace {

// Whatever the keys and values are, what comes out is one table with these keys, or no TOML.
void try_table(std::string_view text) {
  Json keys;
  std::string table;
  if (!accepts("keys", [&] { keys = parse_json(text, "keys"); }) || !keys.is_object()) return;
  if (!accepts("keys", [&] { table = toml_table("app", "near", JsonField(keys, "keys:")); })) return;
  const auto document = parse_toml(table);
  const auto* root = std::get_if<TomlValue>(&document);
  if (root == nullptr) return;  // a number that TOML does not have
  const auto& fields = *root->as<TomlValue::Table>();
  expect(fields.size() == 1 && fields[0].key == "app", "there is one table");
  const auto* tables = fields[0].value.as<TomlValue::List>();
  expect(tables != nullptr && tables->size() == 1, "it stands once");
  const auto& written = *tables->front().as<TomlValue::Table>();
  std::size_t given = 1;  // the name
  for (const auto& item : keys.items()) given += item.key() != "name" && !item.value().is_null() ? 1 : 0;
  expect(written.size() == given, "it has the keys that were given");
}

void run(std::string_view text) {
  try_table(text);
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
