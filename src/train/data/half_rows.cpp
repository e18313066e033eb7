#include "train/data/half_rows.hpp"

#include <ATen/ATen.h>

namespace mainstream {
namespace {

constexpr float kLargestHalf = 65504;

// libtorch has no tensors of constant memory; constant data is only read here.
at::Tensor halves(std::span<const std::byte> bytes) {
  return at::from_blob(const_cast<std::byte*>(bytes.data()),
                       {static_cast<std::int64_t>(bytes.size() / sizeof(at::Half))}, at::kHalf);
}

at::Tensor floats(std::span<const float> values) {
  return at::from_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())},
                       at::kFloat);
}

}  // namespace

HalfRows::HalfRows(std::size_t rows, std::size_t size, std::size_t memory,
                   const std::filesystem::path& folder)
    : size_(size), store_(rows, size * sizeof(at::Half), memory, folder) {}

void HalfRows::write(std::size_t row, std::span<const float> values) {
  halves(store_.row(row)).copy_(floats(values).clamp(-kLargestHalf, kLargestHalf));
}

void HalfRows::read(std::size_t row, std::span<float> out) const {
  floats(out).copy_(halves(store_.row(row)));
}

void HalfRows::read_columns(std::size_t first, std::span<float> out) const {
  const std::size_t columns = out.size() / rows();
  for (std::size_t row = 0; row < rows(); ++row) {
    floats(out.subspan(row * columns, columns))
        .copy_(halves(store_.row(row).subspan(first * sizeof(at::Half), columns * sizeof(at::Half))));
  }
}

}  // namespace mainstream
