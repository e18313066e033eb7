#include "schedule/isotonic.hpp"

namespace mainstream {
namespace {

struct Pool {
  double mean;
  std::size_t count;
};

Pool merged(const Pool& a, const Pool& b) {
  const auto count = static_cast<double>(a.count + b.count);
  return {(a.mean * static_cast<double>(a.count) + b.mean * static_cast<double>(b.count)) / count,
          a.count + b.count};
}

}  // namespace

std::vector<double> non_decreasing(std::span<const double> values) {
  std::vector<Pool> pools;
  for (const double value : values) {
    Pool last{value, 1};
    while (!pools.empty() && pools.back().mean > last.mean) {
      last = merged(pools.back(), last);
      pools.pop_back();
    }
    pools.push_back(last);
  }
  std::vector<double> result;
  result.reserve(values.size());
  for (const Pool& pool : pools) result.insert(result.end(), pool.count, pool.mean);
  return result;
}

}  // namespace mainstream
