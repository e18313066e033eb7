#include "run/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace mainstream {
namespace {

constexpr double kSmallest = 1e-3;  // ms
constexpr double kWidth = 1.02;     // 1.02^1000 = 4e8, so the largest is 400 s

}  // namespace

void Histogram::add(double ms) {
  const double bucket = std::floor(std::log(std::max(ms, kSmallest) / kSmallest) / std::log(kWidth));
  ++buckets_[std::min(kBuckets - 1, static_cast<std::size_t>(bucket))];
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

}  // namespace mainstream
