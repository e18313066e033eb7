// Loops over table rows with one number per app of a stem. Rows are padded to a multiple of four and sums run
// in four lanes, so that the compiler may use vector registers without -ffast-math.
#pragma once

#include <algorithm>
#include <cstddef>

namespace mainstream {

constexpr std::size_t kLanes = 4;

[[nodiscard]] constexpr std::size_t padded_row(std::size_t apps) {
  return (apps + kLanes - 1) / kLanes * kLanes;
}

// `size` is a multiple of kLanes in all of these.
inline void max_into(double* to, const double* row, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) to[i] = std::max(to[i], row[i]);
}

inline void max_of(double* to, const double* a, const double* b, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) to[i] = std::max(a[i], b[i]);
}

[[nodiscard]] inline double sum(const double* a, std::size_t size) {
  double lanes[kLanes] = {};
  for (std::size_t i = 0; i < size; i += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += a[i + l];
  }
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

[[nodiscard]] inline double sum_of_max(const double* a, const double* b, std::size_t size) {
  double lanes[kLanes] = {};
  for (std::size_t i = 0; i < size; i += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += std::max(a[i + l], b[i + l]);
  }
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

[[nodiscard]] inline double sum_of_max(const double* a, const double* b, const double* c, std::size_t size) {
  double lanes[kLanes] = {};
  for (std::size_t i = 0; i < size; i += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] += std::max(std::max(a[i + l], b[i + l]), c[i + l]);
  }
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

}  // namespace mainstream
