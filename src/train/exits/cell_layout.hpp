// Where features are: the cells of the picture, and a level's features ordered by them.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "graph/exit.hpp"
#include "train/recipe.hpp"

namespace mainstream {

// The picture is divided into cells of equal size, numbered row by row, the same for all levels.
inline constexpr std::size_t kCells = recipe::kCellsPerSide * recipe::kCellsPerSide;

// Arranged features are those of a level, blurred over neighbouring positions (recipe::kBlur), those of one
// cell together. A position belongs to the cell of its centre, so on a coarse level some cells are empty.
class CellLayout {
 public:
  explicit CellLayout(const ExitLevel& level);

  // `features` are row-major, [C, rows, columns].
  [[nodiscard]] std::vector<float> arranged(std::span<const float> features) const;
  // The weights of raw features that give what `weights` give of arranged ones: the transpose of arranged().
  [[nodiscard]] std::vector<float> raw_weights(std::span<const float> weights) const;

  // The cell's arranged features are [begin(cell), begin(cell + 1)).
  [[nodiscard]] std::size_t begin(std::size_t cell) const { return begin_[cell]; }
  // The share of the level's features that are in the cell.
  [[nodiscard]] double share(std::size_t cell) const;

 private:
  // By position of one axis the neighbours that it is the weighted mean of.
  using Blur = std::vector<std::vector<std::pair<std::size_t, float>>>;
  static Blur blur_of(std::size_t size);
  // Over both axes; `values` are [rows, columns, C].
  void blur(std::vector<float>& values) const;

  std::size_t channels_, rows_, columns_;
  Blur down_, across_;
  std::vector<std::size_t> positions_;  // in the order of cells
  std::array<std::size_t, kCells + 1> begin_{};
};

}  // namespace mainstream
