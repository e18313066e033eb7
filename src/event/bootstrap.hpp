// Standard errors of event scores, by drawing again from the stretches of time that they come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mainstream/event.hpp"

namespace mainstream {

// Draws as many cells (score_cells, replay_cells) as there are, with replacement, again and again; the
// standard deviation of what the draws give, times sqrt(n / (n - 1)) since n cells vary less than what they
// come from, is the standard error (Efron and Tibshirani 1993). The draws depend on the number of cells,
// `draws` and `seed` alone, so errors of different candidates, rates and votes on the same recording are of
// the same draws. Beyond 200 cells, neighbours are drawn together. Thread-safe once made.
//
// An error of 0 says that all cells were alike, not that the next one will be. One cell tells nothing: its
// error is the largest that the value can have, 0.5 for an F1 and 1 for a difference.
class CellBootstrap {
 public:
  explicit CellBootstrap(std::size_t cells, int draws = 1000, std::uint64_t seed = 1);

  // Throws usage for another number of cells.
  [[nodiscard]] double f1_error(std::span<const EventCounts> cells) const;
  // Of the difference of two F1, cell by cell of the same time.
  [[nodiscard]] double difference_error(std::span<const EventCounts> a, std::span<const EventCounts> b) const;

 private:
  [[nodiscard]] std::vector<double> drawn_f1(std::span<const EventCounts> cells) const;
  [[nodiscard]] double error_of(const std::vector<double>& drawn, double highest) const;
  [[nodiscard]] std::size_t block_of(std::size_t cell) const { return cell * blocks_ / cells_; }

  std::size_t cells_, blocks_, draws_;
  std::vector<float> times_;  // [block][draw]: how often it was drawn
};

}  // namespace mainstream
