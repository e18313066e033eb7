// From a node's setup to the mix that it runs.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "mainstream/node.hpp"
#include "node/stream_feed.hpp"

namespace mainstream {

// The files of a setup, opened and verified. One thread at a time. A file that did not change is read once,
// and one that is gone since counts as unchanged: it must not hinder hours and switches of other apps. A
// configuration that names it is refused before it comes here (config_check.hpp).
class NodeFiles {
 public:
  // Checks names and references, and reads what is new. Throws usage, unreadable, untrusted or unsupported,
  // naming stream or app; then it is as it was.
  void open(const NodeSetup& setup);

  using FormatOf = std::function<std::optional<StreamFormat>(const NodeStream&)>;
  // The mix of the apps whose streams have a format. `setup` was opened.
  [[nodiscard]] Mix mix(const NodeSetup& setup, const NodeOptions& options, const FormatOf& format_of) const;

  [[nodiscard]] const MPackage& package(const NodeApp& app) const { return packages_.at(app.package).value; }

 private:
  template <typename Value>
  struct Read {
    std::filesystem::file_time_type time;
    Value value;
  };
  template <typename Value>
  using Files = std::map<std::filesystem::path, Read<Value>>;

  [[nodiscard]] const Base& base_of(const NodeSetup& setup, const NodeApp& app) const;

  Files<Base> bases_;
  Files<MPackage> packages_;
};

}  // namespace mainstream
