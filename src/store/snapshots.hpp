// The JPEG files of events in the state directory: `snapshots/ID.jpg`.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mainstream {

class Snapshots {
 public:
  explicit Snapshots(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Whole or not at all; replaces an earlier one. Throws storage.
  void write(const std::string& id, std::string_view jpeg) const;
  [[nodiscard]] std::optional<std::string> read(const std::string& id) const;  // nothing when it is not there
  void remove(const std::string& id) const noexcept;

  // Removes the files that belong to no event, which a crash or a power cut can leave.
  void remove_others(const std::function<bool(const std::string& id)>& is_known) const;

 private:
  [[nodiscard]] std::filesystem::path path_of(const std::string& id) const { return folder_ / (id + ".jpg"); }
  std::filesystem::path folder_;
};

}  // namespace mainstream
