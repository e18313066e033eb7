#include "node/control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "node/service_manager.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOwnText = "config.toml";
constexpr const char* kShownAs = "config";  // in messages about a text that came through the API
constexpr std::string_view kMark = "# mainstream: changed through the control API; counts until ";
constexpr std::string_view kHash = " changes, sha256 ";

// The text without the line that marks it as the node's own.
std::string unmarked(const std::string& text) {
  const std::size_t start = text.rfind(kMark);
  if (start == std::string::npos || (start > 0 && text[start - 1] != '\n')) return text;
  const std::size_t end = text.find('\n', start);
  return text.substr(0, start) + (end == std::string::npos ? "" : text.substr(end + 1));
}

// At its end, so that its lines keep their numbers.
std::string marked(const std::string& text, const fs::path& file, const std::string& file_hash) {
  std::string result = unmarked(text);
  if (!result.ends_with('\n')) result += '\n';
  return result + fmt::format("{}{}{}{}\n", kMark, clean(file.string()), kHash, file_hash);
}

// The hash of the file that the node's own text was made from; empty if it does not say.
std::string hash_in(const std::string& text) {
  const std::size_t mark = text.rfind(kMark);
  const std::size_t hash = mark == std::string::npos ? mark : text.find(kHash, mark);
  return hash == std::string::npos ? std::string() : text.substr(hash + kHash.size(), 64);
}

Change not_done(Change::Outcome outcome, std::string why) {
  Change change;
  change.outcome = outcome;
  change.why = std::move(why);
  return change;
}

template <typename Items, typename NameOf>
int line_of(const Items& items, const std::string& name, const NameOf& name_of) {
  for (std::size_t i = 0; i < items.size(); ++i)
    if (name_of(i) == name) return items[i].at.line;
  return 0;
}

// Where the table with this name begins; 0: there is none.
int line_of(const NodeControl::InForce& present, std::string_view header, const std::string& name) {
  const NodeConfig& config = present.config;
  if (header == "app") return line_of(config.apps, name, [&](std::size_t i) { return present.app_names[i]; });
  return line_of(config.streams, name, [&](std::size_t i) { return config.streams[i].name; });
}

std::string words_of(const std::vector<ConfigDifference>& changed) {
  std::string words;
  for (const ConfigDifference& one : changed)
    words += fmt::format("{}{}{}{} {}", words.empty() ? "" : ", ", one.table, one.name.empty() ? "" : " ",
                         clean(one.name), one.change);
  return words.empty() ? "nothing changed" : words;
}

FileStamp stamp_of(const fs::path& file) {
  std::error_code missing;
  FileStamp stamp;
  stamp.time = fs::last_write_time(file, missing);
  stamp.size = fs::file_size(file, missing);
  return stamp;
}

}  // namespace

ConfigText read_config_text(const fs::path& file) {
  ConfigText result{file, stamp_of(file), {}, file, {}};
  result.text = read_file(file, kMostConfigBytes);
  result.file_hash = sha256(result.text);
  const ConfigReading reading = parse_config(result.text, file.parent_path());
  if (!reading.config.node.keys.contains("bases")) return result;  // too wrong to tell where its state is
  const fs::path own = reading.config.node.state / kOwnText;
  std::error_code missing;
  if (!fs::exists(own, missing)) return result;
  std::string text = read_file(own, kMostConfigBytes);
  if (hash_in(text) != result.file_hash) return result;
  result.source = own;
  result.text = std::move(text);
  return result;
}

NodeControl::InForce NodeControl::made_of(const std::string& text, const fs::path& folder,
                                          const CheckedConfig& checked) {
  const NodeConfig& config = checked.config;
  return {text, sha256(text), config.fleet ? parse_config(text, folder).config : config, config,
          checked.check.app_names};
}

NodeControl::NodeControl(ConfigText text, CheckedConfig checked, Check check)
    : file_(std::move(text.file)),
      file_hash_(std::move(text.file_hash)),
      check_(std::move(check)),
      looked_at_(text.stamp),
      in_force_(std::make_shared<const InForce>(made_of(text.text, file_.parent_path(), checked))),
      node_(std::move(checked)),
      own_text_(node_.store().directory() / kOwnText),
      packages_(node_.store().directory()) {}

std::shared_ptr<const NodeControl::InForce> NodeControl::in_force() const {
  const MutexLock lock(mutex_);
  return in_force_;
}

Change NodeControl::put_config(const std::string& text,
                               const std::function<bool(const std::string&)>& for_tag) {
  return change_text([&](const InForce& present) {
    if (!for_tag(present.tag))
      return not_done(Change::Outcome::stale,
                      "the configuration has changed since it was read; read it again");
    return apply(marked(with_passwords(text, present.written), file_, file_hash_), kShownAs, check_);
  });
}

std::string NodeControl::app_table(const std::string& name, const JsonField& keys) const {
  Json own = keys.value();
  const auto package = keys.find("package");
  if (package && package->value().is_string() && is_sha256(package->text()))
    own["package"] = packages_.path_of(package->text()).string();
  return toml_table("app", name, JsonField(own, keys.path()));
}

Change NodeControl::put_app(const std::string& name, const JsonField& keys) {
  return put_table("app", name, app_table(name, keys));
}

Change NodeControl::put_stream(const std::string& name, const JsonField& keys) {
  return put_table("stream", name, toml_table("stream", name, keys));
}

Change NodeControl::remove_app(const std::string& name) {
  return put_table("app", name, "");
}

Change NodeControl::remove_stream(const std::string& name) {
  return put_table("stream", name, "");
}

// Without a table, the one that is there goes.
Change NodeControl::put_table(const char* header, const std::string& name, const std::string& table) {
  return change_text([&](const InForce& present) {
    const int line = line_of(present, header, name);
    if (line == 0 && table.empty())
      return not_done(Change::Outcome::unknown, fmt::format("there is no {} {}", header, in_quotes(name)));
    const std::string text = with_table(unmarked(present.text), present.config, line, table);
    const auto is_meant = [&](const ConfigDifference& one) {
      return one.table == header && one.name == name;
    };
    return apply(marked(text, file_, file_hash_), kShownAs, check_, is_meant);
  });
}

Change NodeControl::set_enabled(const std::string& app, bool on) {
  return change([&](const InForce& present) {
    if (std::ranges::find(present.app_names, app) == present.app_names.end())
      return not_done(Change::Outcome::unknown, "there is no app " + in_quotes(app));
    try {
      node_.set_enabled(app, on);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::storage) throw;
      return not_done(Change::Outcome::wrong, error.what());
    }
    module_log("node").info("app {} is turned {} through the control API", app, on ? "on" : "off");
    Change done;
    done.changed.push_back({"app", app, on ? "enabled" : "disabled"});
    return done;
  });
}

// One at a time, and none on top of a file that nobody has looked at.
Change NodeControl::change(const std::function<Change(const InForce&)>& make) {
  const Turn turn(busy_);
  if (!turn) return not_done(Change::Outcome::busy, "another change is being made; try again");
  if (file_changed())
    return not_done(Change::Outcome::busy, "the configuration's file has changed just now; try again");
  return make(*in_force());
}

Change NodeControl::change_text(const std::function<Change(const InForce&)>& make) {
  return change([&](const InForce& present) {
    if (present.config.fleet) return not_done(Change::Outcome::wrong, kOfFleet);
    return make(present);
  });
}

Change NodeControl::recheck(Check check, const std::string& shown_as) {
  return change([&](const InForce& present) {
    Change result = apply(present.text, shown_as, check);
    if (result.outcome == Change::Outcome::done) check_ = std::move(check);
    return result;
  });
}

// Makes a text the configuration in force, as one that was made through the API or, if it is shown as the
// file, as the file's.
Change NodeControl::apply(const std::string& text, const std::string& shown_as, const Check& check,
                          const std::function<bool(const ConfigDifference&)>& is_meant) {
  CheckedConfig checked = check(text, file_.parent_path());
  std::vector<ConfigFault>& faults = checked.check.faults;
  if (faults.empty()) faults = hidden_passwords(checked.config);
  Change result;
  for (const ConfigFault& fault : faults) result.faults.push_back(message(shown_as, fault));
  if (!faults.empty()) {
    result.outcome = Change::Outcome::wrong;
    result.why = result.faults.front();
    return result;
  }
  const std::shared_ptr<const InForce> before = in_force();
  InForce next = made_of(text, file_.parent_path(), checked);
  result.changed = differences(before->config, before->app_names, next.config, next.app_names);
  if (is_meant && !std::ranges::all_of(result.changed, is_meant)) {
    return not_done(
        Change::Outcome::wrong,
        "the tables of the configuration are written in a form that cannot be changed one by one; "
        "change the whole text");
  }
  const bool own = shown_as == kShownAs;
  TemporaryFile kept(own_text_);
  if (own) write_file(kept.path(), text, Readers::owner);  // urls may have passwords
  try {
    node_.apply(std::move(checked));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::storage) throw;
    return not_done(Change::Outcome::wrong, error.what());
  }
  {
    const MutexLock lock(mutex_);
    in_force_ = std::make_shared<const InForce>(std::move(next));
  }
  if (own) {
    kept.commit();
    module_log("node").info("changed through the control API: {}", words_of(result.changed));
  } else {
    std::error_code none;
    fs::rename(own_text_, own_text_.string() + ".old", none);
  }
  return result;
}

Change NodeControl::reload() {
  const Turn turn(busy_);
  if (!turn) return not_done(Change::Outcome::busy, "another change is being made; try again");
  return take_file();
}

void NodeControl::look() {
  if (!file_changed()) return;
  const Turn turn(busy_);
  if (!turn) return;
  std::error_code missing;
  const bool same = fs::exists(file_, missing) && sha256(read_file(file_, kMostConfigBytes)) == file_hash_;
  if (!same) return (void)take_file();
  const MutexLock lock(mutex_);
  looked_at_ = stamp_of(file_);
}

bool NodeControl::file_changed() const {
  const MutexLock lock(mutex_);
  return stamp_of(file_) != looked_at_;
}

Change NodeControl::take_file() {
  notify_reloading();
  const auto log = module_log("node");
  Change change;
  try {
    {
      const MutexLock lock(mutex_);
      looked_at_ = stamp_of(file_);
    }
    const std::string text = read_file(file_, kMostConfigBytes);
    file_hash_ = sha256(text);
    change = apply(text, file_.string(), check_);
  } catch (const Error& error) {
    change = not_done(Change::Outcome::wrong, error.what());
  }
  if (change.outcome == Change::Outcome::done) {
    log.info("{} is in force: {}", file_.string(), words_of(change.changed));
  } else {
    for (const std::string& fault : change.faults) log.error("{}", fault);
    log.error("{} is not taken over: {}; the node goes on as it was", file_.string(), change.why);
    node_.refused(change.why);
  }
  notify_ready();
  return change;
}

}  // namespace mainstream
