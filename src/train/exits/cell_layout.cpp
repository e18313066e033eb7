// The blur is a Gaussian with mirrored edges. Its matrix is symmetric, so it is its own transpose: a
// regression on blurred features is one on raw features whose weights are drawn towards those of their
// neighbours.
#include "train/exits/cell_layout.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace mainstream {
namespace {

std::size_t cell_along(std::size_t position, std::size_t size) {
  return (2 * position + 1) * recipe::kCellsPerSide / (2 * size);
}

// The position that an index beyond the edges mirrors: .. 1 0 | 0 1 .. n-1 | n-1 n-2 ..
std::size_t mirrored(std::ptrdiff_t index, std::size_t size) {
  const auto period = static_cast<std::ptrdiff_t>(2 * size);
  const auto place = static_cast<std::size_t>(((index % period) + period) % period);
  return place < size ? place : 2 * size - 1 - place;
}

void add_scaled(std::span<const float> values, float by, std::span<float> sum) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += by * values[i];
}

}  // namespace

CellLayout::Blur CellLayout::blur_of(std::size_t size) {
  const double sigma = recipe::kBlur * static_cast<double>(size);
  const auto reach = static_cast<std::ptrdiff_t>(std::ceil(3 * sigma));
  const auto height = [&](std::ptrdiff_t distance) {
    const double deviations = static_cast<double>(distance) / sigma;
    return std::exp(-deviations * deviations / 2);
  };
  double sum = 0;
  for (std::ptrdiff_t distance = -reach; distance <= reach; ++distance) sum += height(distance);
  Blur blur(size);
  for (std::size_t position = 0; position < size; ++position) {
    std::map<std::size_t, double> neighbours;
    for (std::ptrdiff_t distance = -reach; distance <= reach; ++distance)
      neighbours[mirrored(static_cast<std::ptrdiff_t>(position) + distance, size)] += height(distance) / sum;
    for (const auto& [neighbour, weight] : neighbours)
      blur[position].emplace_back(neighbour, static_cast<float>(weight));
  }
  return blur;
}

CellLayout::CellLayout(const ExitLevel& level) {
  const Shape shape = pooled_shape(level);
  channels_ = static_cast<std::size_t>(shape[1]);
  rows_ = static_cast<std::size_t>(shape[2]);
  columns_ = static_cast<std::size_t>(shape[3]);
  down_ = blur_of(rows_);
  across_ = blur_of(columns_);
  positions_.resize(rows_ * columns_);
  std::iota(positions_.begin(), positions_.end(), std::size_t{0});
  const auto cell_of = [&](std::size_t position) {
    return cell_along(position / columns_, rows_) * recipe::kCellsPerSide +
           cell_along(position % columns_, columns_);
  };
  std::ranges::stable_sort(positions_, {}, cell_of);
  for (const std::size_t position : positions_) begin_[cell_of(position) + 1] += channels_;
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
}

double CellLayout::share(std::size_t cell) const {
  return static_cast<double>(begin_[cell + 1] - begin_[cell]) / static_cast<double>(begin_.back());
}

std::vector<float> CellLayout::arranged(std::span<const float> features) const {
  const std::size_t positions = positions_.size();
  std::vector<float> values(features.size());
  for (std::size_t channel = 0; channel < channels_; ++channel) {
    for (std::size_t i = 0; i < positions; ++i)
      values[i * channels_ + channel] = features[channel * positions + i];
  }
  blur(values);
  std::vector<float> arranged;
  arranged.reserve(values.size());
  for (const std::size_t position : positions_) {
    const auto of_position = std::span(values).subspan(position * channels_, channels_);
    arranged.insert(arranged.end(), of_position.begin(), of_position.end());
  }
  return arranged;
}

std::vector<float> CellLayout::raw_weights(std::span<const float> weights) const {
  const std::size_t positions = positions_.size();
  std::vector<float> values(weights.size());
  for (std::size_t i = 0; i < positions; ++i) {
    const auto of_position = weights.subspan(i * channels_, channels_);
    std::ranges::copy(of_position, std::span(values).subspan(positions_[i] * channels_).begin());
  }
  blur(values);
  std::vector<float> raw(weights.size());
  for (std::size_t channel = 0; channel < channels_; ++channel) {
    for (std::size_t i = 0; i < positions; ++i)
      raw[channel * positions + i] = values[i * channels_ + channel];
  }
  return raw;
}

void CellLayout::blur(std::vector<float>& values) const {
  const std::size_t row_size = columns_ * channels_;
  std::vector<float> down(values.size(), 0);
  for (std::size_t row = 0; row < rows_; ++row) {
    for (const auto& [neighbour, weight] : down_[row])
      add_scaled(std::span(values).subspan(neighbour * row_size, row_size), weight,
                 std::span(down).subspan(row * row_size, row_size));
  }
  std::ranges::fill(values, 0.0F);
  for (std::size_t row = 0; row < rows_; ++row) {
    for (std::size_t column = 0; column < columns_; ++column) {
      const auto sum = std::span(values).subspan((row * columns_ + column) * channels_, channels_);
      for (const auto& [neighbour, weight] : across_[column])
        add_scaled(std::span(down).subspan((row * columns_ + neighbour) * channels_, channels_), weight, sum);
    }
  }
}

}  // namespace mainstream
