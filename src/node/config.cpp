// Reads the tables of a configuration and checks what stands between them.
#include "node/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/file.hpp"
#include "node/config_tables.hpp"
#include "node/source_form.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMostTables = 1000;  // of one kind
constexpr std::size_t kMostFaults = 50;    // more help nobody

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return "node";
  const std::string usable = as_name(name);
  return usable.empty() ? "node" : usable;
}

// One pass over a document.
class ConfigReader {
 public:
  explicit ConfigReader(const std::filesystem::path& folder) : folder_(folder) {}

  ConfigReading read(const TomlValue& root) {
    read_root(*root.as<TomlValue::Table>());
    check_streams();
    check_apps();
    check_sinks();
    auto& faults = reading_.faults;
    std::ranges::stable_sort(faults, {}, &ConfigFault::at);
    if (faults.size() > kMostFaults) {
      const ConfigFault rest{
          ErrorKind::usage, {}, fmt::format("{} more mistakes", faults.size() - kMostFaults)};
      faults.resize(kMostFaults);
      faults.push_back(rest);
    }
    return std::move(reading_);
  }

 private:
  NodeConfig& config() { return reading_.config; }

  void fault(Place at, std::string what) {
    reading_.faults.push_back({ErrorKind::usage, at, std::move(what)});
  }

  void read_root(const TomlValue::Table& root) {
    static const std::vector<std::string_view> kTables{"node", "stream",    "app",  "schedule",
                                                       "sink", "retention", "serve"};
    bool has_node = false;
    for (const TomlField& field : root) {
      const std::string& key = field.key;
      if (key == "node") {
        has_node = true;
        read_one(field, machine_keys(), config().node);
      } else if (key == "stream") {
        read_list(field, stream_keys(), config().streams);
      } else if (key == "app") {
        read_list(field, app_keys(), config().apps);
      } else if (key == "schedule") {
        read_one(field, schedule_keys(), config().schedule);
      } else if (key == "sink") {
        read_sinks(field);
      } else if (key == "retention") {
        read_one(field, retention_keys(), config().retention);
      } else if (key == "serve") {
        read_one(field, serve_keys(), config().serve.emplace());
      } else {
        unknown(field, "table", kTables);
      }
    }
    if (!has_node) fault({}, "needs a table [node] with bases = [..]");
    if (config().node.name.empty()) config().node.name = host_name();
    if (!config().node.keys.contains("state")) config().node.state = folder_ / config().node.state;
    if (config().streams.empty()) fault({}, "needs at least one [[stream]]");
    if (config().apps.empty()) fault({}, "needs at least one [[app]]");
  }

  void unknown(const TomlField& field, const char* what, const std::vector<std::string_view>& known) {
    const std::string near = nearest_word(field.key, known);
    fault(field.at, fmt::format("unknown {} {}{}", what, in_quotes(field.key),
                                near.empty() ? fmt::format("; expected one of: {}", fmt::join(known, ", "))
                                             : fmt::format("; did you mean \"{}\"?", near)));
  }

  template <typename Owner>
  void read_one(const TomlField& field, const Keys<Owner>& keys, Owner& owner) {
    const auto* table = field.value.as<TomlValue::Table>();
    if (table == nullptr) {
      return fault(field.value.at, fmt::format("{}: expected a table: [{}]", field.key, field.key));
    }
    read_table(fmt::format("[{}]", field.key), field.at, *table, keys, owner);
  }

  // The tables of [[NAME]], or nothing with a fault.
  const TomlValue::List* tables_of(const TomlField& field) {
    const auto* list = field.value.as<TomlValue::List>();
    const bool all_tables = list != nullptr && std::ranges::all_of(*list, [](const TomlValue& entry) {
                              return entry.as<TomlValue::Table>() != nullptr;
                            });
    if (!all_tables) {
      fault(field.value.at, fmt::format("{}: expected tables that begin with [[{}]]", field.key, field.key));
      return nullptr;
    }
    if (list->size() > kMostTables) {
      fault(field.value.at,
            fmt::format("{}: expected at most {} tables, got {}", field.key, kMostTables, list->size()));
      return nullptr;
    }
    return list;
  }

  template <typename Owner>
  void read_list(const TomlField& field, const Keys<Owner>& keys, std::vector<Owner>& owners) {
    const auto* tables = tables_of(field);
    if (tables == nullptr) return;
    for (const TomlValue& table : *tables) {
      read_table(fmt::format("[[{}]]", field.key), table.at, *table.as<TomlValue::Table>(), keys,
                 owners.emplace_back());
    }
  }

  template <typename Owner>
  void read_table(const std::string& header, Place at, const TomlValue::Table& table, const Keys<Owner>& keys,
                  Owner& owner) {
    owner.at = at;
    std::vector<std::string_view> known;
    for (const Key<Owner>& key : keys) known.push_back(key.name);
    for (const TomlField& field : table) {
      const auto key = std::ranges::find(keys, field.key, &Key<Owner>::name);
      if (key == keys.end()) {
        unknown(field, fmt::format("key in {}:", header).c_str(), known);
        continue;
      }
      owner.keys[field.key] = field.value.at;
      const std::string wrong = key->read(field.value, folder_, owner);
      if (!wrong.empty()) fault(field.value.at, fmt::format("{}: {}", field.key, wrong));
    }
    for (const Key<Owner>& key : keys) {
      if (key.required && !owner.keys.contains(key.name)) {
        fault(at, fmt::format("{} needs {} = {}", header, key.name, described(key.takes)));
      }
    }
  }

  void read_sinks(const TomlField& field) {
    const auto* tables = tables_of(field);
    if (tables == nullptr) return;
    for (const TomlValue& table : *tables) {
      const auto& fields = *table.as<TomlValue::Table>();
      const auto type = std::ranges::find(fields, "type", &TomlField::key);
      const auto* word = type == fields.end() ? nullptr : type->value.as<std::string>();
      if (type == fields.end()) {
        fault(table.at, fmt::format("[[sink]] needs type = one of: {}", fmt::join(sink_types(), ", ")));
      } else if (word == nullptr || !read_sink(*word, table.at, fields)) {
        const std::string near = word == nullptr ? "" : nearest_word(*word, sink_types());
        fault(type->value.at, fmt::format("type: expected one of: {}; got {}{}",
                                          fmt::join(sink_types(), ", "), described(type->value),
                                          near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
      }
    }
  }

  // False for a type that there is not.
  bool read_sink(const std::string& type, Place at, const TomlValue::Table& fields) {
    const auto read_as = [&](auto sink, const auto& keys) {
      read_table(fmt::format("[[sink]] of type {}", type), at, fields, keys, sink);
      if (!sink.keys.contains("name")) sink.name = type;
      config().sinks.push_back(std::move(sink));
      return true;
    };
    if (type == "stdout") return read_as(StdoutSinkConfig(), stdout_sink_keys());
    if (type == "jsonl") return read_as(JsonlSinkConfig(), jsonl_sink_keys());
    if (type == "mqtt") return read_as(MqttSinkConfig(), mqtt_sink_keys());
    if (type == "webhook") return read_as(WebhookSinkConfig(), webhook_sink_keys());
    return false;
  }

  // ---- Between tables ----

  // Says which name stands twice, and where first.
  void once(std::map<std::string, Place>& seen, const std::string& name, Place at, const char* what) {
    const auto [first, is_new] = seen.emplace(name, at);
    if (is_new || name.empty()) return;
    fault(at, fmt::format("{} {} stands twice; first in line {}", what, in_quotes(name), first->second.line));
  }

  void check_streams() {
    std::map<std::string, Place> seen;
    for (StreamConfig& stream : config().streams) {
      once(seen, stream.name, stream.of("name"), "the stream");
      if (is_path(stream.url)) stream.url = (folder_ / stream.url).string();
    }
  }

  void check_apps() {
    std::vector<std::string> streams;
    for (const StreamConfig& stream : config().streams) streams.push_back(stream.name);
    const std::set<std::string> known(streams.begin(), streams.end());
    const std::vector<std::string_view> words(streams.begin(), streams.end());
    std::map<std::string, Place> seen;
    for (const AppConfig& app : config().apps) {
      once(seen, app.name, app.of("name"), "the app");
      for (const std::string& stream : app.streams) {
        if (known.contains(stream)) continue;
        // Not for faults that nobody will see: there may be a hundred thousand.
        const std::string near = reading_.faults.size() > kMostFaults ? "" : nearest_word(stream, words);
        fault(app.of("stream"),
              fmt::format("there is no stream {}{}", in_quotes(stream),
                          near.empty() ? fmt::format("; expected one of: {}", word_list(streams))
                                       : fmt::format("; did you mean {}?", in_quotes(near))));
      }
      if (app.min_length && app.max_length && *app.min_length > *app.max_length) {
        fault(app.of("max_length_s"), fmt::format("max_length_s: {} is below min_length_s, {}",
                                                  std::chrono::duration<double>(*app.max_length).count(),
                                                  std::chrono::duration<double>(*app.min_length).count()));
      }
    }
  }

  void check_sinks() {
    std::map<std::string, Place> names, files;
    for (const AnySinkConfig& sink : config().sinks) {
      const SinkConfig& one = common(sink);
      once(names, one.name, one.of("name"), "the sink");
      if (const auto* jsonl = std::get_if<JsonlSinkConfig>(&sink); jsonl != nullptr) {
        once(files, jsonl->path.lexically_normal().string(), one.of("path"), "the file");
      }
    }
  }

  const std::filesystem::path& folder_;
  ConfigReading reading_;
};

}  // namespace

ConfigReading parse_config(std::string_view text, const std::filesystem::path& folder) {
  const auto document = parse_toml(text);
  if (const auto* wrong = std::get_if<ConfigFault>(&document)) return {{}, {*wrong}};
  return ConfigReader(folder).read(std::get<TomlValue>(document));
}

ConfigReading read_config(const std::filesystem::path& path) {
  return parse_config(read_file(path, kMostConfigBytes), path.parent_path());
}

}  // namespace mainstream
