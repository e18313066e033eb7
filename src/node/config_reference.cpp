// Writes the reference of all tables and keys from their declarations.
#include <fmt/format.h>

#include "node/config_tables.hpp"

namespace mainstream {
namespace {

// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

template <typename Owner>
std::string table_reference(std::string_view header, std::string_view what, const Keys<Owner>& keys) {
  std::string text = fmt::format(
      "### `{}`\n\n{}\n\n| key | takes | default | meaning |\n| --- | --- | --- | --- |\n", header, what);
  for (const KeyInfo& key : keys) {
    const bool is_toml =
        key.standard.find_first_of("\"[") == 0 || key.standard.find(' ') == std::string::npos;
    const std::string standard = key.required           ? "(required)"
                                 : key.standard.empty() ? ""
                                 : is_toml              ? fmt::format("`{}`", key.standard)
                                                        : key.standard;
    text += fmt::format("| `{}` | {} | {} | {} |\n", key.name, cell(described(key.takes)), cell(standard),
                        cell(key.help));
  }
  return text + "\n";
}

}  // namespace

std::string config_reference() {
  std::string text =
      table_reference("[node]", "The machine. There is one.", machine_keys()) +
      table_reference("[[stream]]", "A camera or a file; one table for each.", stream_keys()) +
      table_reference("[[app]]", "An app on one or more streams; one table for each.", app_keys()) +
      table_reference("[schedule]", "How candidates and frame rates are chosen, for all apps together.",
                      schedule_keys()) +
      table_reference("[[sink]] of type stdout", "Events as JSON Lines on standard output.",
                      stdout_sink_keys()) +
      table_reference("[[sink]] of type jsonl", "Events as JSON Lines in a file that is rotated.",
                      jsonl_sink_keys()) +
      table_reference("[[sink]] of type mqtt", "Events, states and pictures to an MQTT broker.",
                      mqtt_sink_keys()) +
      table_reference("[[sink]] of type webhook", "Each event as a POST.", webhook_sink_keys()) +
      table_reference("[retention]", "How long events, snapshots and recordings are kept.",
                      retention_keys()) +
      table_reference("[serve]", "The control API (docs/api.md). Without this table there is none.",
                      serve_keys()) +
      table_reference("[fleet]",
                      "Another machine says what the node runs (docs/fleet.md). With it, the file needs no "
                      "streams and apps of its own.",
                      fleet_keys());
  text.pop_back();  // the empty line behind the last table
  return text;
}

}  // namespace mainstream
