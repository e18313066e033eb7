// Rows of numbers kept in half number type.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "train/data/row_store.hpp"

namespace mainstream {

class HalfRows {
 public:
  // As RowStore: beyond `memory` bytes in a file in `folder`.
  HalfRows(std::size_t rows, std::size_t size, std::size_t memory, const std::filesystem::path& folder);

  [[nodiscard]] std::size_t rows() const { return store_.rows(); }
  [[nodiscard]] std::size_t size() const { return size_; }  // numbers in a row

  // What half number type cannot hold becomes the nearest that it can. Rows may be written side by side.
  void write(std::size_t row, std::span<const float> values);
  void read(std::size_t row, std::span<float> out) const;
  // Of all rows the numbers from `first` on: [rows, out.size() / rows].
  void read_columns(std::size_t first, std::span<float> out) const;

 private:
  std::size_t size_;
  RowStore store_;
};

}  // namespace mainstream
