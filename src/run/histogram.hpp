// Medians and percentiles of times, in little memory however long the run.
#pragma once

#include <array>
#include <cstdint>

namespace mainstream {

// Counts milliseconds in buckets 2 % wide, from a microsecond to about five minutes; what lies outside
// counts as the nearest bucket. Plain value, one thread.
class Histogram {
 public:
  void add(double ms);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double total() const { return total_; }  // ms, exact
  [[nodiscard]] double mean() const { return count_ == 0 ? 0 : total_ / static_cast<double>(count_); }
  // The smallest value that at least `share` of the values do not exceed, to 1 %; 0 when empty.
  [[nodiscard]] double quantile(double share) const;
  // How many values do not exceed `ms`, to 1 %.
  [[nodiscard]] std::uint64_t count_up_to(double ms) const;

 private:
  static constexpr std::size_t kBuckets = 1000;
  std::array<std::uint32_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  double total_ = 0;
};

}  // namespace mainstream
