// The configuration as a text that programs change: tables come, are replaced and go where they stand, and
// all else stays, comments too. And the text as it may leave the node, without the passwords of its urls.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json_field.hpp"
#include "node/config.hpp"

namespace mainstream {

// "[[app]]\nname = \"near\"\n..": a table from the values of its keys, `name` first; null leaves a key out.
// Throws untrusted, naming the key, for values that no key takes. Keys are not checked.
[[nodiscard]] std::string toml_table(std::string_view header, const std::string& name, const JsonField& keys);

// The text with `table` in place of the table that begins in this line, or at the end for 0. Without a
// `table`, that one goes. `config` is what the text says. The result is to be read again: in a file with
// tables in braces, another form or none may come out.
[[nodiscard]] std::string with_table(const std::string& text, const NodeConfig& config, int line,
                                     const std::string& table);

// A difference between two configurations.
struct ConfigDifference {
  std::string table;               // "stream", "app", "node", ..
  std::string name;                // of a stream, an app or a sink
  const char* change = "changed";  // or "added", "removed"
  bool operator==(const ConfigDifference&) const = default;
};
// `names`: of the apps, as ConfigCheck::app_names.
[[nodiscard]] std::vector<ConfigDifference> differences(const NodeConfig& before,
                                                        const std::vector<std::string>& names_before,
                                                        const NodeConfig& after,
                                                        const std::vector<std::string>& names_after);

// The text with *** and a number for the passwords of each url that has some; also in comments. Throws
// unsupported where a url stands in a form that cannot be found in the text.
[[nodiscard]] std::string without_passwords(const std::string& text, const NodeConfig& config);
// The way back: urls as without_passwords() of this configuration wrote them get their passwords again.
[[nodiscard]] std::string with_passwords(const std::string& text, const NodeConfig& config);
// The urls of streams and sinks that still have *** in place of a password.
[[nodiscard]] std::vector<ConfigFault> hidden_passwords(const NodeConfig& config);

}  // namespace mainstream
