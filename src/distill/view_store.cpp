#include "distill/view_store.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/file.hpp"
#include "core/json.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

at::Tensor map_file(const std::filesystem::path& path, std::int64_t rows, Shape shape, at::ScalarType type) {
  shape.insert(shape.begin(), rows);
  const std::int64_t count = element_count(shape);
  std::error_code ignored;
  const auto bytes = static_cast<std::uint64_t>(count) * at::elementSize(type);
  const std::uintmax_t present =
      std::filesystem::exists(path) ? std::filesystem::file_size(path, ignored) : 0;
  const auto space = std::filesystem::space(path.parent_path());
  if (present < bytes && space.available < bytes - present) {
    throw Error(ErrorKind::storage, fmt::format("{}: needs {} MiB, {} MiB are free", path.string(),
                                                bytes >> 20, space.available >> 20));
  }
  return at::from_file(path.string(), /*shared=*/true, count, at::TensorOptions(type)).view(shape);
}

std::filesystem::path target_file(const std::filesystem::path& folder, std::size_t index) {
  return folder / fmt::format("target-{}.bin", index);
}

}  // namespace

ViewStore::ViewStore(const std::filesystem::path& folder, const std::string& key, std::int64_t rows,
                     const Shape& view, const std::vector<Shape>& targets)
    : index_(folder / "views.json"), key_(key) {
  std::filesystem::create_directories(folder);
  if (std::filesystem::exists(index_)) {
    const JsonField root = read_json(read_file(index_), index_.string());
    if (root["key"].text() == key) {
      filled_ = {root["rows"].integer(0, rows), root["next_picture"].integer(0, INT64_MAX)};
    }
  }
  if (filled_.rows == 0) {
    std::filesystem::remove(folder / "views.bin");
    for (std::size_t i = 0; i < targets.size(); ++i) std::filesystem::remove(target_file(folder, i));
  }
  views_ = map_file(folder / "views.bin", rows, view, at::kByte);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    targets_.push_back(map_file(target_file(folder, i), rows, targets[i], at::kHalf));
  }
}

void ViewStore::set_filled(const Filled& filled) {
  filled_ = filled;
  write_file(index_,
             json_text({{"key", key_}, {"rows", filled.rows}, {"next_picture", filled.next_picture}}));
}

}  // namespace mainstream
