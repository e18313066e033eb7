#include "node/config_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "core/json.hpp"
#include "core/text.hpp"
#include "media/url.hpp"
#include "node/source_form.hpp"

namespace mainstream {
namespace {

constexpr std::string_view kHidden = "***";

std::string toml_text(const JsonField& field, const std::string& text) {
  if (const std::string hidden = first_hidden(text); !hidden.empty())
    field.fail("expected a text without hidden characters, got " + hidden);
  return json_text(text);  // without those, JSON's strings are TOML's
}

std::string toml_key(const JsonField& field, const std::string& key) {
  const auto is_bare = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  return !key.empty() && std::ranges::all_of(key, is_bare) ? key : toml_text(field, key);
}

std::string toml_value(const JsonField& field) {
  const Json& value = field.value();
  if (value.is_string()) return toml_text(field, value.get<std::string>());
  if (value.is_number() || value.is_boolean()) return json_text(value);
  if (!value.is_array()) field.fail("expected a text, a number, true or false, or a list of them");
  std::string list = "[";
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field.at(i).value().is_structured()) field.at(i).fail("expected a text, a number, true or false");
    list += (i == 0 ? "" : ", ") + toml_value(field.at(i));
  }
  return list + "]";
}

// The lines of all tables' headers, from 1.
std::set<int> header_lines(const NodeConfig& config) {
  std::set<int> lines{config.node.at.line, config.schedule.at.line, config.retention.at.line};
  if (config.serve) lines.insert(config.serve->at.line);
  if (config.fleet) lines.insert(config.fleet->at.line);
  for (const StreamConfig& stream : config.streams) lines.insert(stream.at.line);
  for (const AppConfig& app : config.apps) lines.insert(app.at.line);
  for (const AnySinkConfig& sink : config.sinks) lines.insert(common(sink).at.line);
  lines.erase(0);
  return lines;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size() - 1);
    lines.push_back(text.substr(start, end + 1 - start));
    start = end + 1;
  }
  return lines;
}

// Empty, or a comment: it may be about what follows.
bool says_nothing(const std::string& line) {
  const std::size_t start = line.find_first_not_of(" \t\r\n");
  return start == std::string::npos || line[start] == '#';
}

// One url of the configuration, and where it stands.
struct ConfigUrl {
  std::string url;
  Place at;
};

std::vector<ConfigUrl> urls_of(const NodeConfig& config) {
  std::vector<ConfigUrl> urls;
  for (const StreamConfig& stream : config.streams) {
    urls.push_back({stream.url, stream.of("url")});
    if (!stream.substream.empty()) urls.push_back({stream.substream, stream.of("substream")});
  }
  for (const AnySinkConfig& sink : config.sinks) {
    if (const auto* mqtt = std::get_if<MqttSinkConfig>(&sink)) urls.push_back({mqtt->url, mqtt->of("url")});
    if (const auto* hook = std::get_if<WebhookSinkConfig>(&sink))
      urls.push_back({hook->url, hook->of("url")});
  }
  if (config.fleet) urls.push_back({config.fleet->url, config.fleet->of("url")});
  return urls;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

struct MaskedUrl {
  std::string url, masked;
  Place at;
};

// The longest first: one may be the beginning of another.
std::vector<MaskedUrl> masked_urls(const NodeConfig& config) {
  std::vector<MaskedUrl> masked;
  for (const ConfigUrl& one : urls_of(config)) {
    const std::string plain = without_password(one.url);
    if (plain == one.url || is_path(one.url) ||
        std::ranges::find(masked, one.url, &MaskedUrl::url) != masked.end())
      continue;
    const std::string mark = fmt::format("{}{}*", kHidden, masked.size() + 1);
    masked.push_back({one.url, replaced(plain, std::string(kHidden), mark), one.at});
  }
  std::ranges::stable_sort(masked, std::greater(), [](const MaskedUrl& one) { return one.url.size(); });
  return masked;
}

// Where a comment begins in a line; npos without one.
std::size_t comment_start(const std::string& line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '"' && c == '\\') {
      ++i;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      return i;
    }
  }
  return std::string::npos;
}

// Streams, apps and sinks, by name.
template <typename Item>
void add_differences(const char* table, const std::vector<Item>& before,
                     const std::vector<std::string>& names_before, const std::vector<Item>& after,
                     const std::vector<std::string>& names_after, std::vector<ConfigDifference>& result) {
  for (std::size_t b = 0; b < before.size(); ++b) {
    const auto found = std::ranges::find(names_after, names_before[b]);
    if (found == names_after.end()) {
      result.push_back({table, names_before[b], "removed"});
    } else if (!(after[static_cast<std::size_t>(found - names_after.begin())] == before[b])) {
      result.push_back({table, names_before[b], "changed"});
    }
  }
  for (const std::string& name : names_after)
    if (std::ranges::find(names_before, name) == names_before.end()) result.push_back({table, name, "added"});
}

template <typename Items, typename NameOf>
std::vector<std::string> names_of(const Items& items, const NameOf& name_of) {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(name_of(item));
  return names;
}

}  // namespace

std::string toml_table(std::string_view header, const std::string& name, const JsonField& keys) {
  std::string table = fmt::format("[[{}]]\nname = {}\n", header, json_text(name));
  if (const auto own = keys.find("name"); own && own->text() != name)
    own->fail(fmt::format("expected {} as in the path, or none", in_quotes(name)));
  keys.for_each([&](const std::string& key, const JsonField& value) {
    if (key == "name" || value.is_null()) return;
    table += fmt::format("{} = {}\n", toml_key(value, key), toml_value(value));
  });
  return table;
}

std::string with_table(const std::string& text, const NodeConfig& config, int line,
                       const std::string& table) {
  if (line == 0) return text + (text.ends_with('\n') ? "\n" : "\n\n") + table;
  const std::set<int> headers = header_lines(config);
  const std::vector<std::string> lines = lines_of(text);
  const auto next = headers.upper_bound(line);
  const std::size_t first = static_cast<std::size_t>(line) - 1;
  std::size_t end = next == headers.end() ? lines.size() : static_cast<std::size_t>(*next) - 1;
  while (end > first + 1 && says_nothing(lines[end - 1])) --end;
  std::string result;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == first) result += table;
    if (i < first || i >= end) result += lines[i];
  }
  return result;
}

std::vector<ConfigDifference> differences(const NodeConfig& before,
                                          const std::vector<std::string>& names_before,
                                          const NodeConfig& after,
                                          const std::vector<std::string>& names_after) {
  std::vector<ConfigDifference> result;
  const auto add = [&](const char* table, bool same) {
    if (!same) result.push_back({table, "", "changed"});
  };
  add("node", before.node == after.node);
  const auto stream_name = [](const StreamConfig& stream) { return stream.name; };
  add_differences("stream", before.streams, names_of(before.streams, stream_name), after.streams,
                  names_of(after.streams, stream_name), result);
  add_differences("app", before.apps, names_before, after.apps, names_after, result);
  add("schedule", before.schedule == after.schedule);
  const auto sink_name = [](const AnySinkConfig& sink) { return common(sink).name; };
  add_differences("sink", before.sinks, names_of(before.sinks, sink_name), after.sinks,
                  names_of(after.sinks, sink_name), result);
  add("retention", before.retention == after.retention);
  add("serve", before.serve == after.serve);
  add("fleet", before.fleet == after.fleet);
  return result;
}

std::string without_passwords(const std::string& text, const NodeConfig& config) {
  std::string result = text;
  for (const MaskedUrl& one : masked_urls(config)) {
    if (result.find(one.url) == std::string::npos) {
      throw Error(ErrorKind::unsupported,
                  fmt::format("line {}: the url is not written as it is read, so its password cannot be "
                              "hidden; write it without escapes",
                              one.at.line));
    }
    result = replaced(result, one.url, one.masked);
  }
  std::string shown;
  for (const std::string& line : lines_of(result)) {
    const std::size_t end = line.find_last_not_of("\r\n") + 1;
    const std::size_t comment = std::min(comment_start(line), end);
    shown +=
        line.substr(0, comment) + without_password(line.substr(comment, end - comment)) + line.substr(end);
  }
  return shown;
}

std::string with_passwords(const std::string& text, const NodeConfig& config) {
  std::string result = text;
  for (const MaskedUrl& one : masked_urls(config)) result = replaced(result, one.masked, one.url);
  return result;
}

std::vector<ConfigFault> hidden_passwords(const NodeConfig& config) {
  std::vector<ConfigFault> faults;
  for (const ConfigUrl& one : urls_of(config)) {
    if (one.url.find(kHidden) == std::string::npos) continue;
    faults.push_back(
        {ErrorKind::usage, one.at,
         "url: has *** in place of a password, and is not as the configuration shows it; give the "
         "url with its password, or without and with a file of credentials"});
  }
  return faults;
}

}  // namespace mainstream
