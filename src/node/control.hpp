// What changes a node from outside while it runs: its configuration file and the control API. One at a time,
// each as a whole or not at all.
//
// The configuration in force is the operator's file or, once something was changed through the API, a text of
// the node's own, `config.toml` in its state directory, which was made from that file. The file is never
// written. Whichever changed last counts: when the file gets another content, it counts again, and the node's
// own text becomes config.toml.old (docs/node.md, "Changes").
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/json_field.hpp"
#include "core/mutex.hpp"
#include "node/config_check.hpp"
#include "node/config_text.hpp"
#include "node/package_folder.hpp"
#include "node/service.hpp"

namespace mainstream {

// Tells that a file is another one, or has other content.
struct FileStamp {
  std::filesystem::file_time_type time{};
  std::uintmax_t size = 0;
  bool operator==(const FileStamp&) const = default;
};

// A configuration's text, and where it is from.
struct ConfigText {
  std::filesystem::path file;    // the operator's; relative paths begin at its folder
  FileStamp stamp;               // of it
  std::string file_hash;         // sha256 of its content
  std::filesystem::path source;  // the file, or the node's own text
  std::string text;
};

// The text that counts for a node with this file. Throws as read_config does.
[[nodiscard]] ConfigText read_config_text(const std::filesystem::path& file);

// What became of a change.
struct Change {
  enum class Outcome {
    done,
    busy,     // another change is under way, or the file has changed and was not looked at yet
    stale,    // the configuration is not the one that the change was made for
    unknown,  // there is no such app or stream
    wrong,    // the configuration would be wrong, or the node cannot run it
  };
  Outcome outcome = Outcome::done;
  std::string why;                        // it was not done
  std::vector<std::string> faults;        // of what is wrong: all mistakes, with line and column
  std::vector<ConfigDifference> changed;  // of what was done
};

constexpr const char* kOfFleet = "the node belongs to a fleet, which says what it runs; change it there";

// All members may be called from any thread. A change that waits for the node (it measures, plans and
// compiles) holds up the caller alone.
class NodeControl {
 public:
  // From the configuration's text to what the node is to run.
  using Check = std::function<CheckedConfig(const std::string& text, const std::filesystem::path& folder)>;

  // Starts a node with a text that was checked, by `check`, and has no faults. Throws as NodeService does.
  NodeControl(ConfigText text, CheckedConfig checked, Check check = check_config_text);

  [[nodiscard]] NodeService& node() { return node_; }
  [[nodiscard]] PackageFolder& packages() { return packages_; }

  // The configuration in force.
  struct InForce {
    std::string text;
    std::string tag;     // differs from that of any other text
    NodeConfig written;  // what the text says
    NodeConfig config;   // what the node runs: the same, unless it belongs to a fleet
    std::vector<std::string> app_names;
  };
  [[nodiscard]] std::shared_ptr<const InForce> in_force() const;

  // Another text in place of one with a tag that `for_tag` takes. Urls in it may be as without_passwords()
  // wrote them.
  [[nodiscard]] Change put_config(const std::string& text,
                                  const std::function<bool(const std::string& tag)>& for_tag);
  // A table [[app]] or [[stream]], new or in place of the one with this name. `keys` are those of the table;
  // a package may be the sha256 of one in packages(). Throws untrusted for what can be no table.
  [[nodiscard]] Change put_app(const std::string& name, const JsonField& keys);
  [[nodiscard]] Change put_stream(const std::string& name, const JsonField& keys);
  [[nodiscard]] Change remove_app(const std::string& name);
  [[nodiscard]] Change remove_stream(const std::string& name);
  // None of these four in a fleet, which says what the node runs.

  // Until the node ends, or the configuration says something else.
  [[nodiscard]] Change set_enabled(const std::string& app, bool on);
  // What the node would do with other apps, another budget or more cores, and why no app gets more; changes
  // nothing. docs/api.md, "Dry run", tells the fields of `wanted`. Throws untrusted for others.
  struct DryRun {
    Change refused;     // its outcome is `done` when there is an answer
    NodeState present;  // what runs now
    NodeOutlook outlook;
  };
  [[nodiscard]] DryRun dry_run(const JsonField& wanted);

  // The same text, checked in another way from now on: who has a say in it beside the text says something
  // else. Messages about what is wrong begin with `shown_as`.
  [[nodiscard]] Change recheck(Check check, const std::string& shown_as);

  // Takes the operator's file, whatever was changed through the API.
  [[nodiscard]] Change reload();

  // Takes the file if it has another content than at the last look; to be called about once a second.
  void look();

 private:
  // Holds the turn to do something, or finds it taken.
  class Turn {
   public:
    explicit Turn(std::atomic<bool>& busy) : busy_(busy), is_mine_(!busy.exchange(true)) {}
    ~Turn() {
      if (is_mine_) busy_ = false;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    explicit operator bool() const { return is_mine_; }

   private:
    std::atomic<bool>& busy_;
    const bool is_mine_;
  };

  [[nodiscard]] bool file_changed() const;
  [[nodiscard]] Change change(const std::function<Change(const InForce& present)>& make);
  [[nodiscard]] Change change_text(const std::function<Change(const InForce& present)>& make);
  [[nodiscard]] Change put_table(const char* header, const std::string& name, const std::string& table);
  [[nodiscard]] static InForce made_of(const std::string& text, const std::filesystem::path& folder,
                                       const CheckedConfig& checked);
  [[nodiscard]] Change apply(const std::string& text, const std::string& shown_as, const Check& check,
                             const std::function<bool(const ConfigDifference&)>& is_meant = {});
  [[nodiscard]] Change take_file();
  [[nodiscard]] std::string app_table(const std::string& name, const JsonField& keys) const;

  const std::filesystem::path file_;
  std::atomic<bool> busy_ = false, dry_running_ = false;
  // For who is busy:
  std::string file_hash_;
  Check check_;

  mutable Mutex mutex_;  // never held for long
  FileStamp looked_at_ GUARDED_BY(mutex_);
  std::shared_ptr<const InForce> in_force_ GUARDED_BY(mutex_);

  NodeService node_;
  const std::filesystem::path own_text_;  // config.toml of the state directory
  PackageFolder packages_;
};

}  // namespace mainstream
