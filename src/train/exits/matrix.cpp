#include "train/exits/matrix.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// libtorch has no tensors of constant memory; constant data is only read here.
at::Tensor tensor_of(const Matrix& matrix) {
  return at::from_blob(const_cast<double*>(matrix.values.data()),
                       {static_cast<std::int64_t>(matrix.rows), static_cast<std::int64_t>(matrix.columns)},
                       at::kDouble);
}

at::Tensor vector_of(std::span<const double> values) {
  return at::from_blob(const_cast<double*>(values.data()), {static_cast<std::int64_t>(values.size())},
                       at::kDouble);
}

at::Tensor block_of(std::span<const float> values, std::size_t rows) {
  return at::from_blob(const_cast<float*>(values.data()),
                       {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(values.size() / rows)},
                       at::kFloat);
}

at::Tensor factor(const at::Tensor& symmetric) {
  try {
    return at::linalg_cholesky(symmetric);
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::failed, std::string("libtorch: ") + error.what_without_backtrace());
  }
}

Matrix matrix_of(const at::Tensor& tensor) {
  Matrix matrix(static_cast<std::size_t>(tensor.size(0)), static_cast<std::size_t>(tensor.size(1)));
  tensor_of(matrix).copy_(tensor);
  return matrix;
}

}  // namespace

void compute_on_this_thread_alone() {
  at::set_num_threads(1);
}

Matrix inverse(const Matrix& symmetric, double diagonal) {
  const at::Tensor sum = tensor_of(symmetric).clone();
  sum.diagonal().add_(diagonal);
  return matrix_of(at::cholesky_inverse(factor(sum)));
}

Cholesky::Cholesky(const Matrix& symmetric) : factor_(matrix_of(factor(tensor_of(symmetric)))) {}

std::vector<double> Cholesky::solve(std::span<const double> right) const {
  const at::Tensor answer =
      at::cholesky_solve(vector_of(right).unsqueeze(1), tensor_of(factor_)).contiguous();
  const auto* values = answer.data_ptr<double>();
  return {values, values + right.size()};
}

double sum_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

std::vector<double> product(const Matrix& matrix, std::span<const double> vector) {
  std::vector<double> answer(matrix.rows);
  vector_of(answer).copy_(at::mv(tensor_of(matrix), vector_of(vector)));
  return answer;
}

void add_gram(std::span<const float> block, Matrix& gram) {
  const at::Tensor rows = block_of(block, gram.rows);
  tensor_of(gram).add_(at::mm(rows, rows.t()));
}

void add_covariance(std::span<const float> block, Matrix& gram) {
  const at::Tensor rows = block_of(block, block.size() / gram.rows);
  tensor_of(gram).add_(at::mm(rows.t(), rows));
}

void add_products(std::span<const float> left, std::size_t rows, std::span<const float> right,
                  std::span<float> products) {
  block_of(products, rows).addmm_(block_of(left, rows), block_of(right, products.size() / rows).t());
}

std::vector<float> transposed_product(std::span<const float> block, std::span<const double> vector) {
  std::vector<float> answer(block.size() / vector.size());
  const at::Tensor weights = vector_of(vector).to(at::kFloat);
  const at::Tensor values = at::mv(block_of(block, vector.size()).t(), weights).contiguous();
  std::copy_n(values.data_ptr<float>(), answer.size(), answer.begin());
  return answer;
}

}  // namespace mainstream
