#include "store/snapshots.hpp"

#include "core/file.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

void Snapshots::write(const std::string& id, std::string_view jpeg) const {
  write_file(path_of(id), jpeg);
}

std::optional<std::string> Snapshots::read(const std::string& id) const {
  try {
    return read_file(path_of(id));
  } catch (const Error&) {
    return std::nullopt;  // removed since the event was read, or by hand
  }
}

void Snapshots::remove(const std::string& id) const noexcept {
  std::error_code ignored;
  std::filesystem::remove(path_of(id), ignored);
}

void Snapshots::remove_others(const std::function<bool(const std::string& id)>& is_known) const {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() == ".jpg" && is_known(path.stem().string())) continue;
    if (path.extension() == ".jpg" || path.extension() == ".tmp") std::filesystem::remove(path, ignored);
  }
}

}  // namespace mainstream
