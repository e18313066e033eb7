// Rows of bytes, all of one size, in memory or, when they are too large, in an unnamed file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace mainstream {

class RowStore {
 public:
  // Uses a file in `folder` when the rows need more than `memory` bytes. The file disappears with the object
  // or the process. Throws storage when there is no room for it.
  RowStore(std::size_t rows, std::size_t row_bytes, std::size_t memory, const std::filesystem::path& folder);
  ~RowStore();
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::span<std::byte> row(std::size_t index);
  [[nodiscard]] std::span<const std::byte> row(std::size_t index) const;

 private:
  const std::size_t rows_, row_bytes_;
  std::byte* bytes_ = nullptr;  // mapped: anonymous memory or the file
};

}  // namespace mainstream
