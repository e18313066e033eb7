// Rows of numbers kept as 16-bit floats.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "train/data/row_store.hpp"

namespace mainstream {

class HalfRows {
 public:
  // Rows of more than `memory` bytes go to a file in `folder`, as in RowStore.
  HalfRows(std::size_t rows, std::size_t size, std::size_t memory, const std::filesystem::path& folder);

  [[nodiscard]] std::size_t rows() const { return store_.rows(); }
  [[nodiscard]] std::size_t size() const { return size_; }  // numbers in a row

  // Values beyond the range of a 16-bit float become the nearest value in it. Several threads may write
  // different rows.
  void write(std::size_t row, std::span<const float> values);
  void read(std::size_t row, std::span<float> out) const;
  // Reads the numbers from `first` on of all rows into `out` [rows, out.size() / rows].
  void read_columns(std::size_t first, std::span<float> out) const;

 private:
  std::size_t size_;
  RowStore store_;
};

}  // namespace mainstream
