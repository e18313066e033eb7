#include "train/exits/gram.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/parallel.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kColumns = 2048;  // features of a block at most

// A block of features, all in one cell where features are arranged by cell.
struct Columns {
  std::size_t first = 0, count = 0, cell = 0;
};

void add_blocks(std::size_t begin, std::size_t end, std::size_t cell, std::vector<Columns>& blocks) {
  for (std::size_t first = begin; first < end; first += kColumns)
    blocks.push_back({first, std::min(kColumns, end - first), cell});
}

std::vector<Columns> blocks_of(const HalfRows& features) {
  std::vector<Columns> blocks;
  add_blocks(0, features.size(), 0, blocks);
  return blocks;
}

std::vector<Columns> blocks_by_cell(const CellLayout& layout) {
  std::vector<Columns> blocks;
  for (std::size_t cell = 0; cell < kCells; ++cell)
    add_blocks(layout.begin(cell), layout.begin(cell + 1), cell, blocks);
  return blocks;
}

// The block's features of all rows, [rows, count].
std::vector<float> read(const HalfRows& features, const Columns& block) {
  std::vector<float> values(features.rows() * block.count);
  features.read_columns(block.first, values);
  return values;
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

std::vector<float> read_centred(const HalfRows& features, const FeatureScale& scale, const Columns& block) {
  std::vector<float> values = read(features, block);
  subtract(values, std::span(scale.mean).subspan(block.first, block.count));
  return values;
}

std::vector<float> rows_of(std::span<const float> block, std::size_t columns,
                           std::span<const std::size_t> rows) {
  std::vector<float> values;
  values.reserve(rows.size() * columns);
  for (const std::size_t row : rows) {
    const auto of_row = block.subspan(row * columns, columns);
    values.insert(values.end(), of_row.begin(), of_row.end());
  }
  return values;
}

void write_means(std::span<float> block, std::span<float> means) {
  std::vector<double> sums(means.size(), 0);
  each_row_of(block, means.size(), [&](std::span<float> row) {
    for (std::size_t i = 0; i < row.size(); ++i) sums[i] += row[i];
  });
  const std::size_t rows = block.size() / means.size();
  for (std::size_t i = 0; i < means.size(); ++i)
    means[i] = static_cast<float>(sums[i] / static_cast<double>(rows));
}

double sum_of_squares(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return sum;
}

// A linear function for each i below `count`: its weights of `rows` in a cell are dual_of(i, cell).
template <typename DualOf>
std::vector<LinearWeights> weights_of(const HalfRows& features, const FeatureScale& scale,
                                      const std::vector<Columns>& blocks, std::span<const std::size_t> rows,
                                      std::size_t count, const DualOf& dual_of, int threads) {
  std::vector<LinearWeights> all(count, {std::vector<float>(features.size()), 0});
  const double by = scale.scale * scale.scale;
  parallel_for(blocks.size(), threads, [&](std::size_t index) {
    compute_on_this_thread_alone();
    const Columns& block = blocks[index];
    const std::vector<float> values = rows_of(read_centred(features, scale, block), block.count, rows);
    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<float> products = transposed_product(values, dual_of(i, block.cell));
      for (std::size_t column = 0; column < block.count; ++column)
        all[i].weights[block.first + column] = static_cast<float>(by * products[column]);
    }
  });
  for (LinearWeights& linear : all) {
    for (std::size_t i = 0; i < linear.weights.size(); ++i)
      linear.offset -= static_cast<double>(scale.mean[i]) * linear.weights[i];
  }
  return all;
}

}  // namespace

void CellKernels::add(const CellKernels& other) {
  if (cells.empty()) {
    *this = other;
    return;
  }
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    std::ranges::transform(cells[cell], other.cells[cell], cells[cell].begin(), std::plus<>());
    shares[cell] += other.shares[cell];
  }
}

FeatureScale scale_of(const HalfRows& features, int threads) {
  FeatureScale scale{std::vector<float>(features.size()), 0};
  const std::vector<Columns> blocks = blocks_of(features);
  std::vector<double> squares(blocks.size());
  parallel_for(blocks.size(), threads, [&](std::size_t index) {
    std::vector<float> values = read(features, blocks[index]);
    const auto means = std::span(scale.mean).subspan(blocks[index].first, blocks[index].count);
    write_means(values, means);
    subtract(values, means);
    squares[index] = sum_of_squares(values);
  });
  const double sum = std::accumulate(squares.begin(), squares.end(), 0.0);
  if (sum > 0) scale.scale = std::sqrt(static_cast<double>(features.rows()) / sum);
  return scale;
}

void add_kernel(const HalfRows& features, const FeatureScale& scale, int threads, Matrix& kernel) {
  const std::vector<Columns> blocks = blocks_of(features);
  const std::size_t workers = std::min(blocks.size(), static_cast<std::size_t>(std::max(1, threads)));
  std::vector<Matrix> sums(workers, Matrix(features.rows(), features.rows()));
  parallel_for(workers, threads, [&](std::size_t worker) {
    compute_on_this_thread_alone();
    for (std::size_t i = worker; i < blocks.size(); i += workers)
      add_gram(read_centred(features, scale, blocks[i]), sums[worker]);
  });
  const double by = scale.scale * scale.scale;
  for (const Matrix& sum : sums) {
    for (std::size_t i = 0; i < sum.values.size(); ++i) kernel.values[i] += by * sum.values[i];
  }
}

CellKernels cell_kernels(const HalfRows& features, const FeatureScale& scale, const CellLayout& layout,
                         std::span<const std::size_t> learned, int threads) {
  CellKernels kernels{
      learned.size(), std::vector(kCells, std::vector<float>(features.rows() * learned.size(), 0)), {}};
  const auto by = static_cast<float>(scale.scale * scale.scale);
  for (std::size_t cell = 0; cell < kCells; ++cell) kernels.shares.push_back(layout.share(cell));
  parallel_for(kCells, threads, [&](std::size_t cell) {
    compute_on_this_thread_alone();
    std::vector<Columns> blocks;
    add_blocks(layout.begin(cell), layout.begin(cell + 1), cell, blocks);
    for (const Columns& block : blocks) {
      const std::vector<float> values = read_centred(features, scale, block);
      add_products(values, features.rows(), rows_of(values, block.count, learned), kernels.cells[cell]);
    }
    for (float& value : kernels.cells[cell]) value *= by;
  });
  return kernels;
}

std::vector<LinearWeights> linear_weights(const HalfRows& features, const FeatureScale& scale,
                                          std::span<const std::vector<double>> duals, int threads) {
  std::vector<std::size_t> rows(features.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const auto dual_of = [&](std::size_t i, std::size_t) { return std::span(duals[i]); };
  return weights_of(features, scale, blocks_of(features), rows, duals.size(), dual_of, threads);
}

std::vector<LinearWeights> linear_weights_by_cell(const HalfRows& features, const FeatureScale& scale,
                                                  const CellLayout& layout,
                                                  std::span<const std::size_t> learned,
                                                  std::span<const std::vector<std::vector<double>>> duals,
                                                  int threads) {
  const auto dual_of = [&](std::size_t i, std::size_t cell) { return std::span(duals[i][cell]); };
  return weights_of(features, scale, blocks_by_cell(layout), learned, duals.size(), dual_of, threads);
}

}  // namespace mainstream
