// Reads tables of a TOML document by their declared keys (config_key.hpp), and collects every mistake.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "node/config_key.hpp"
#include "node/toml_document.hpp"

namespace mainstream {

// A table of a document, with the places of its keys for later messages.
struct ConfigTable {
  Place at;
  std::map<std::string, Place, std::less<>> keys;

  // Of the key's value; of the table where the file does not have the key.
  [[nodiscard]] Place of(std::string_view key) const {
    const auto found = keys.find(key);
    return found == keys.end() ? at : found->second;
  }
  // Tables are compared by what they say, wherever they stand.
  friend bool operator==(const ConfigTable&, const ConfigTable&) { return true; }
};

// One pass over a document. Owners of keys are ConfigTables; relative paths begin at `folder`.
class TableReader {
 public:
  explicit TableReader(std::filesystem::path folder) : folder_(std::move(folder)) {}

  static constexpr std::size_t kMostTables = 1000;  // of one kind
  static constexpr std::size_t kMostFaults = 50;    // more help nobody

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] bool has_many_faults() const { return faults_.size() > kMostFaults; }

  void fault(Place at, std::string what) { faults_.push_back({ErrorKind::usage, at, std::move(what)}); }

  // In the order of the file.
  [[nodiscard]] std::vector<ConfigFault> take_faults() {
    std::ranges::stable_sort(faults_, {}, &ConfigFault::at);
    if (has_many_faults()) {
      const ConfigFault rest{
          ErrorKind::usage, {}, fmt::format("{} more mistakes", faults_.size() - kMostFaults)};
      faults_.resize(kMostFaults);
      faults_.push_back(rest);
    }
    return std::move(faults_);
  }

  void unknown(const TomlField& field, const char* what, const std::vector<std::string_view>& known) {
    fault(field.at, fmt::format("unknown {} {}{}", what, in_quotes(field.key),
                                did_you_mean_or_one_of(field.key, known)));
  }

  // A [TABLE].
  template <typename Owner>
  void read_one(const TomlField& field, const Keys<Owner>& keys, Owner& owner) {
    const auto* table = field.value.as<TomlValue::Table>();
    if (table == nullptr) {
      return fault(field.value.at, fmt::format("{}: expected a table: [{}]", field.key, field.key));
    }
    read_table(fmt::format("[{}]", field.key), field.at, *table, keys, owner);
  }

  // [[TABLES]].
  template <typename Owner>
  void read_list(const TomlField& field, const Keys<Owner>& keys, std::vector<Owner>& owners) {
    const auto* tables = tables_of(field);
    if (tables == nullptr) return;
    for (const TomlValue& table : *tables) {
      read_table(fmt::format("[[{}]]", field.key), table.at, *table.as<TomlValue::Table>(), keys,
                 owners.emplace_back());
    }
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

  // Says which name stands twice, and where first.
  void once(std::map<std::string, Place>& seen, const std::string& name, Place at, const char* what) {
    const auto [first, is_new] = seen.emplace(name, at);
    if (is_new || name.empty()) return;
    fault(at, fmt::format("{} {} stands twice; first in line {}", what, in_quotes(name), first->second.line));
  }

 private:
  const std::filesystem::path folder_;
  std::vector<ConfigFault> faults_;
};

}  // namespace mainstream
