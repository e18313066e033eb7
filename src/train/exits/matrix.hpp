// Dense matrices of doubles and the few operations that closed-form learning needs. libtorch computes them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mainstream {

struct Matrix {
  Matrix() = default;
  Matrix(std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), values(row_count * column_count, 0) {}

  std::size_t rows = 0, columns = 0;
  std::vector<double> values;  // row-major

  [[nodiscard]] double& operator()(std::size_t row, std::size_t column) {
    return values[row * columns + column];
  }
  [[nodiscard]] double operator()(std::size_t row, std::size_t column) const {
    return values[row * columns + column];
  }
};

// Keeps the calling thread's operations on that thread: matrices are small, so each thread takes whole
// matrices; sharing one matrix among threads would cost more in waiting than it saves.
void compute_on_this_thread_alone();

// The inverse of `symmetric` + `diagonal` * identity. Throws failed where that is not positive definite.
[[nodiscard]] Matrix inverse(const Matrix& symmetric, double diagonal);

// A symmetric positive definite matrix, factored once and solved for many right sides. Each right side is
// solved by itself, so that its solution does not depend on the others.
class Cholesky {
 public:
  // Throws failed where the matrix is not positive definite.
  explicit Cholesky(const Matrix& symmetric);
  [[nodiscard]] std::vector<double> solve(std::span<const double> right) const;

 private:
  Matrix factor_;
};

[[nodiscard]] double sum_of(std::span<const double> values);
[[nodiscard]] std::vector<double> product(const Matrix& matrix, std::span<const double> vector);

// gram += block * block^T; `block` is [gram.rows, columns], row-major. Products are summed in f32 over the
// columns of one call, so calls should bring some thousands at most.
void add_gram(std::span<const float> block, Matrix& gram);

// gram += block^T * block; `block` is [rows, gram.rows].
void add_covariance(std::span<const float> block, Matrix& gram);

// products += left * right^T in f32; all row-major, `left` [rows, columns], `right` [products.size() / rows,
// columns].
void add_products(std::span<const float> left, std::size_t rows, std::span<const float> right,
                  std::span<float> products);

// block^T * vector in f32; `block` is [vector.size(), columns].
[[nodiscard]] std::vector<float> transposed_product(std::span<const float> block,
                                                    std::span<const double> vector);

}  // namespace mainstream
