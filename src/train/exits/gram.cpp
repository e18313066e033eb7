#include "train/exits/gram.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/parallel.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kColumns = 2048;  // features per block

std::size_t block_count(const HalfRows& features) {
  return (features.size() + kColumns - 1) / kColumns;
}

// A block of features of all rows, and its first feature.
struct Block {
  std::size_t first = 0, columns = 0;
  std::vector<float> values;  // [rows, columns]
};

Block read_block(const HalfRows& features, std::size_t index) {
  Block block{index * kColumns, std::min(kColumns, features.size() - index * kColumns), {}};
  block.values.resize(features.rows() * block.columns);
  features.read_columns(block.first, block.values);
  return block;
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

double sum_of_squares(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return sum;
}

}  // namespace

FeatureScale scale_of(const HalfRows& features, int threads) {
  FeatureScale scale{std::vector<float>(features.size()), 0};
  std::vector<double> squares(block_count(features));
  parallel_for(squares.size(), threads, [&](std::size_t index) {
    Block block = read_block(features, index);
    const auto means = std::span(scale.mean).subspan(block.first, block.columns);
    write_means(block.values, means);
    subtract(block.values, means);
    squares[index] = sum_of_squares(block.values);
  });
  const double sum = std::accumulate(squares.begin(), squares.end(), 0.0);
  if (sum > 0) scale.scale = std::sqrt(static_cast<double>(features.rows()) / sum);
  return scale;
}

void add_kernel(const HalfRows& features, const FeatureScale& scale, int threads, Matrix& kernel) {
  const std::size_t workers = std::min(block_count(features), static_cast<std::size_t>(std::max(1, threads)));
  std::vector<Matrix> sums(workers, Matrix(features.rows(), features.rows()));
  parallel_for(workers, threads, [&](std::size_t worker) {
    compute_on_this_thread_alone();
    for (std::size_t i = worker; i < block_count(features); i += workers) {
      Block block = read_block(features, i);
      subtract(block.values, std::span(scale.mean).subspan(block.first, block.columns));
      add_gram(block.values, sums[worker]);
    }
  });
  const double by = scale.scale * scale.scale;
  for (const Matrix& sum : sums) {
    for (std::size_t i = 0; i < sum.values.size(); ++i) kernel.values[i] += by * sum.values[i];
  }
}

std::vector<LinearWeights> linear_weights(const HalfRows& features, const FeatureScale& scale,
                                          std::span<const std::vector<double>> duals, int threads) {
  std::vector<LinearWeights> all(duals.size(), {std::vector<float>(features.size()), 0});
  const double by = scale.scale * scale.scale;
  parallel_for(block_count(features), threads, [&](std::size_t index) {
    compute_on_this_thread_alone();
    Block block = read_block(features, index);
    subtract(block.values, std::span(scale.mean).subspan(block.first, block.columns));
    for (std::size_t i = 0; i < duals.size(); ++i) {
      const std::vector<float> products = transposed_product(block.values, duals[i]);
      for (std::size_t column = 0; column < block.columns; ++column)
        all[i].weights[block.first + column] = static_cast<float>(by * products[column]);
    }
  });
  for (LinearWeights& linear : all) {
    for (std::size_t i = 0; i < linear.weights.size(); ++i)
      linear.offset -= static_cast<double>(scale.mean[i]) * linear.weights[i];
  }
  return all;
}

}  // namespace mainstream
