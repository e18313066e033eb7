// Reads the tables of a configuration and checks what stands between them.
#include "node/config.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/file.hpp"
#include "core/text.hpp"
#include "node/config_tables.hpp"
#include "node/source_form.hpp"
#include "node/table_reader.hpp"

namespace mainstream {
namespace {

constexpr int kMqttPort = 1883, kMqttsPort = 8883;

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return "node";
  const std::string usable = as_name(name);
  return usable.empty() ? "node" : usable;
}

// One pass over a document.
class ConfigReader : TableReader {
 public:
  using TableReader::TableReader;

  ConfigReading read(const TomlValue& root) {
    read_root(*root.as<TomlValue::Table>());
    return finish();
  }

  ConfigReading read_wanted(const TomlValue& root, NodeConfig own) {
    config() = std::move(own);
    config().streams.clear();
    config().apps.clear();
    for (const TomlField& field : *root.as<TomlValue::Table>())
      if (!read_work(field)) unknown(field, "table", {"stream", "app", "schedule"});
    return finish();
  }

 private:
  NodeConfig& config() { return reading_.config; }

  ConfigReading finish() {
    check_streams();
    check_apps();
    check_sinks();
    reading_.faults = take_faults();
    return std::move(reading_);
  }

  // What a node is to do; the other tables say how it does it.
  bool read_work(const TomlField& field) {
    if (field.key == "stream") {
      read_list(field, stream_keys(), config().streams);
    } else if (field.key == "app") {
      read_list(field, app_keys(), config().apps);
    } else if (field.key == "schedule") {
      read_one(field, schedule_keys(), config().schedule);
    } else {
      return false;
    }
    return true;
  }

  void read_root(const TomlValue::Table& root) {
    static const std::vector<std::string_view> tables{"node", "stream",    "app",   "schedule",
                                                      "sink", "retention", "fleet", "serve"};
    bool has_node = false;
    for (const TomlField& field : root) {
      const std::string& key = field.key;
      if (key == "node") {
        has_node = true;
        read_one(field, machine_keys(), config().node);
      } else if (key == "sink") {
        read_sinks(field);
      } else if (key == "retention") {
        read_one(field, retention_keys(), config().retention);
      } else if (key == "fleet") {
        read_one(field, fleet_keys(), config().fleet.emplace());
      } else if (key == "serve") {
        read_one(field, serve_keys(), config().serve.emplace());
      } else if (!read_work(field)) {
        unknown(field, "table", tables);
      }
    }
    if (!has_node) fault({}, "needs a table [node] with bases = [..]");
    if (config().node.name.empty()) config().node.name = host_name();
    if (!config().node.keys.contains("state")) config().node.state = folder() / config().node.state;
    if (config().fleet) return;  // which may say what there is to do
    if (config().streams.empty()) fault({}, "needs at least one [[stream]]");
    if (config().apps.empty()) fault({}, "needs at least one [[app]]");
  }

  void read_sinks(const TomlField& field) {
    const auto* tables = tables_of(field);
    if (tables == nullptr) return;
    for (const TomlValue& table : *tables) {
      const auto& fields = *table.as<TomlValue::Table>();
      const auto type = std::ranges::find(fields, "type", &TomlField::key);
      const auto* word = type == fields.end() ? nullptr : type->value.as<std::string>();
      if (type == fields.end()) {
        fault(table.at, fmt::format("[[sink]] needs type = one of: {}", joined(sink_types(), ", ")));
      } else if (word == nullptr || !read_sink(*word, table.at, fields)) {
        fault(type->value.at,
              fmt::format("type: expected one of: {}; got {}{}", joined(sink_types(), ", "),
                          described(type->value), word == nullptr ? "" : did_you_mean(*word, sink_types())));
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

  void check_streams() {
    std::map<std::string, Place> seen;
    for (StreamConfig& stream : config().streams) {
      once(seen, stream.name, stream.of("name"), "the stream");
      if (is_path(stream.url)) stream.url = (folder() / stream.url).string();
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
        const std::string hint = has_many_faults() ? "" : did_you_mean_or_one_of(stream, words);
        fault(app.of("stream"), fmt::format("there is no stream {}{}", in_quotes(stream), hint));
      }
      if (app.min_length && app.max_length && *app.min_length > *app.max_length) {
        fault(app.of("max_length_s"),
              fmt::format("max_length_s: expected at least min_length_s, {1}, got {0}",
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

  ConfigReading reading_;
};

}  // namespace

ConfigReading parse_config(std::string_view text, const std::filesystem::path& folder) {
  const auto document = parse_toml(text);
  if (const auto* wrong = std::get_if<ConfigFault>(&document)) return {{}, {*wrong}};
  return ConfigReader(folder).read(std::get<TomlValue>(document));
}

ConfigReading parse_wanted(std::string_view text, const std::filesystem::path& folder, NodeConfig own) {
  const auto document = parse_toml(text);
  if (const auto* wrong = std::get_if<ConfigFault>(&document)) return {{}, {*wrong}};
  return ConfigReader(folder).read_wanted(std::get<TomlValue>(document), std::move(own));
}

MqttBroker broker_of(const BrokerConfig& config) {
  MqttBroker broker;
  broker.tls = config.url.starts_with("mqtts://");
  const HostPort address = host_of(config.url, broker.tls ? kMqttsPort : kMqttPort);
  broker.host = address.host;
  broker.port = address.port;
  broker.credentials_file = config.credentials;
  broker.ca_file = config.ca;
  return broker;
}

ConfigReading read_config(const std::filesystem::path& path) {
  return parse_config(read_file(path, kMostConfigBytes), path.parent_path());
}

}  // namespace mainstream
