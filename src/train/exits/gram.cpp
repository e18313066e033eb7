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

// Calls `use` with each row of a block.
template <typename Use>
void each_row_of(std::span<float> block, std::size_t columns, const Use& use) {
  for (std::size_t begin = 0; begin < block.size(); begin += columns) use(block.subspan(begin, columns));
}

void subtract(std::span<float> block, std::span<const float> means) {
  each_row_of(block, means.size(), [&](std::span<float> row) {
    for (std::size_t i = 0; i < row.size(); ++i) row[i] -= means[i];
  });
}

void write_means(std::span<float> block, std::span<float> means) {
  std::vector<double> sums(means.size(), 0);
  each_row_of(block, means.size(), [&](std::span<float> row) {
    for (std::size_t i = 0; i < row.size(); ++i) sums[i] += row[i];
  });
  const auto rows = static_cast<double>(block.size() / means.size());
  for (std::size_t i = 0; i < means.size(); ++i) means[i] = static_cast<float>(sums[i] / rows);
}

}  // namespace

LevelKernel kernel_of(const HalfRows& features) {
  LevelKernel level{{std::vector<float>(features.size())}, Matrix(features.rows(), features.rows())};
  each_block(features, [&](std::size_t first, std::span<float> block) {
    const auto means = std::span(level.features.mean).subspan(first, block.size() / features.rows());
    write_means(block, means);
    subtract(block, means);
    add_gram(block, level.kernel);
  });
  double squares = 0;
  for (std::size_t row = 0; row < features.rows(); ++row) squares += level.kernel(row, row);
  if (!(squares > 0)) return level;  // all rows are alike: a kernel of zeros
  const double by = static_cast<double>(features.rows()) / squares;
  level.features.scale = std::sqrt(by);
  for (double& value : level.kernel.values) value *= by;
  return level;
}

std::vector<LinearWeights> linear_weights(const HalfRows& features, const FeatureScale& scale,
                                          std::span<const std::vector<double>> duals) {
  std::vector<LinearWeights> all(duals.size(), {std::vector<float>(features.size()), 0});
  const double by = scale.scale * scale.scale;
  each_block(features, [&](std::size_t first, std::span<float> block) {
    const std::size_t columns = block.size() / features.rows();
    const auto means = std::span(scale.mean).subspan(first, columns);
    subtract(block, means);
    for (std::size_t i = 0; i < duals.size(); ++i) {
      const std::vector<float> products = transposed_product(block, duals[i]);
      for (std::size_t column = 0; column < columns; ++column) {
        const double weight = by * products[column];
        all[i].weights[first + column] = static_cast<float>(weight);
        all[i].offset -= means[column] * weight;
      }
    }
  });
  return all;
}

}  // namespace mainstream
