#include "train/exits/gram.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace mainstream {
namespace {

constexpr std::size_t kColumns = 2048;  // of features at a time

// Calls `use` with the first column and the values [rows, columns] of each part of the features.
void each_block(const HalfRows& features,
                const std::function<void(std::size_t first, std::span<float> block)>& use) {
  std::vector<float> block;
  for (std::size_t first = 0; first < features.size(); first += kColumns) {
    block.resize(features.rows() * std::min(kColumns, features.size() - first));
    features.read_columns(first, block);
    use(first, block);
  }
}

// Subtracts each column's mean, writes it to `means` and answers the sum of squares that is left.
double centre(std::span<float> block, std::span<float> means) {
  const std::size_t columns = means.size(), rows = block.size() / columns;
  std::vector<double> sums(columns, 0);
  for (std::size_t i = 0; i < block.size(); ++i) sums[i % columns] += block[i];
  for (std::size_t column = 0; column < columns; ++column)
    means[column] = static_cast<float>(sums[column] / static_cast<double>(rows));
  double squares = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    double of_row = 0;
    for (std::size_t column = 0; column < columns; ++column) {
      float& value = block[row * columns + column];
      value -= means[column];
      of_row += static_cast<double>(value) * value;
    }
    squares += of_row;
  }
  return squares;
}

}  // namespace

LevelKernel kernel_of(const HalfRows& features) {
  LevelKernel level{{std::vector<float>(features.size())}, Matrix(features.rows(), features.rows())};
  double squares = 0;
  each_block(features, [&](std::size_t first, std::span<float> block) {
    const std::size_t columns = block.size() / features.rows();
    squares += centre(block, std::span(level.features.mean).subspan(first, columns));
    add_gram(block, level.kernel);
  });
  if (squares == 0) return level;  // all rows are alike: a kernel of zeros
  const double by = static_cast<double>(features.rows()) / squares;
  level.features.scale = std::sqrt(by);
  for (double& value : level.kernel.values) value *= by;
  return level;
}

LinearWeights linear_weights(const HalfRows& features, const FeatureScale& scale,
                             std::span<const double> dual) {
  LinearWeights linear{std::vector<float>(features.size()), 0};
  const double by = scale.scale * scale.scale;
  each_block(features, [&](std::size_t first, std::span<float> block) {
    const std::size_t columns = block.size() / features.rows();
    for (std::size_t i = 0; i < block.size(); ++i) block[i] -= scale.mean[first + i % columns];
    const std::vector<float> products = transposed_product(block, dual);
    for (std::size_t i = 0; i < columns; ++i) {
      const double weight = by * products[i];
      linear.weights[first + i] = static_cast<float>(weight);
      linear.offset -= scale.mean[first + i] * weight;
    }
  });
  return linear;
}

}  // namespace mainstream
