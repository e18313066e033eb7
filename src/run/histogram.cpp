#include "run/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mainstream {
namespace {

constexpr double kSmallest = 1e-3;  // ms
constexpr double kWidth = 1.02;     // 1.02^1000 = 4e8, so the largest is 400 s

double bucket_of(double ms) {
  return std::log(std::max(ms, kSmallest) / kSmallest) / std::log(kWidth);
}

}  // namespace

void Histogram::add(double ms) {
  ++buckets_[std::min(kBuckets - 1, static_cast<std::size_t>(std::floor(bucket_of(ms))))];
  ++count_;
  total_ += ms;
}

double Histogram::quantile(double share) const {
  if (count_ == 0) return 0;
  const auto wanted =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t below = 0;
  std::size_t bucket = 0;
  while ((below += buckets_[bucket]) < wanted) ++bucket;
  return kSmallest * std::pow(kWidth, static_cast<double>(bucket) + 0.5);
}

std::uint64_t Histogram::count_up_to(double ms) const {
  const auto end = std::min(kBuckets, static_cast<std::size_t>(std::llround(bucket_of(ms))));
  return std::accumulate(buckets_.begin(), buckets_.begin() + static_cast<std::ptrdiff_t>(end),
                         std::uint64_t{0});
}

}  // namespace mainstream
