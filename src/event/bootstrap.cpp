#include "event/bootstrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMaxBlocks = 200;

}  // namespace

CellBootstrap::CellBootstrap(std::size_t cells, int draws, std::uint64_t seed)
    : cells_(cells), blocks_(std::min(cells, kMaxBlocks)), draws_(static_cast<std::size_t>(draws)) {
  if (draws < 2) throw Error(ErrorKind::usage, fmt::format("expected at least 2 draws, got {}", draws));
  if (blocks_ < 2) return;
  times_.assign(blocks_ * draws_, 0);
  std::mt19937_64 random(seed);
  for (std::size_t draw = 0; draw < draws_; ++draw) {
    for (std::size_t i = 0; i < blocks_; ++i) ++times_[random() % blocks_ * draws_ + draw];
  }
}

double CellBootstrap::f1_error(std::span<const EventCounts> cells) const {
  return error_of(drawn_f1(cells), 0.5);
}

double CellBootstrap::difference_error(std::span<const EventCounts> a, std::span<const EventCounts> b) const {
  std::vector<double> drawn = drawn_f1(a);
  const std::vector<double> others = drawn_f1(b);
  for (std::size_t draw = 0; draw < drawn.size(); ++draw) drawn[draw] -= others[draw];
  return error_of(drawn, 1);
}

std::vector<double> CellBootstrap::drawn_f1(std::span<const EventCounts> cells) const {
  if (cells.size() != cells_) {
    throw Error(ErrorKind::usage, fmt::format("{} cells for draws from {}", cells.size(), cells_));
  }
  if (blocks_ < 2) return {};
  std::vector<EventCounts> blocks(blocks_);
  for (std::size_t cell = 0; cell < cells_; ++cell) blocks[block_of(cell)] += cells[cell];
  // F1 is a ratio of two sums over the blocks.
  std::vector<float> upper(draws_), lower(draws_);
  for (std::size_t block = 0; block < blocks_; ++block) {
    const EventCounts& counts = blocks[block];
    const auto right = static_cast<float>(2 * counts.found);
    const auto all = right + static_cast<float>(counts.missed + counts.false_alarms);
    const float* times = times_.data() + block * draws_;
    for (std::size_t draw = 0; draw < draws_; ++draw) {
      upper[draw] += times[draw] * right;
      lower[draw] += times[draw] * all;
    }
  }
  std::vector<double> f1(draws_);
  for (std::size_t draw = 0; draw < draws_; ++draw)
    f1[draw] = lower[draw] > 0 ? upper[draw] / lower[draw] : 0;
  return f1;
}

double CellBootstrap::error_of(const std::vector<double>& drawn, double highest) const {
  if (drawn.empty()) return highest;
  const auto draws = static_cast<double>(drawn.size()), blocks = static_cast<double>(blocks_);
  const double mean = std::accumulate(drawn.begin(), drawn.end(), 0.0) / draws;
  double squares = 0;
  for (const double value : drawn) squares += (value - mean) * (value - mean);
  return std::min(highest, std::sqrt(squares / draws * blocks / (blocks - 1)));
}

}  // namespace mainstream
