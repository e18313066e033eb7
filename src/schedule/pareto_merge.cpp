#include "schedule/pareto_merge.hpp"

#include <algorithm>

namespace mainstream {
namespace {

template <typename T>
bool cheaper(const T& a, const T& b) {
  return a.cost != b.cost ? a.cost < b.cost : a.value > b.value;
}

template <typename T>
void drop_dominated(std::vector<T>& sorted) {
  std::size_t kept = 0;
  for (const T& entry : sorted) {
    if (kept == 0 || entry.value > sorted[kept - 1].value) sorted[kept++] = entry;
  }
  sorted.resize(kept);
}

}  // namespace

void keep_undominated(ItemClass& items) {
  std::sort(items.begin(), items.end(), cheaper<Item>);
  drop_dominated(items);
}

ParetoMerge::ParetoMerge(const std::vector<ItemClass>& classes, const MergeLimits& limits)
    : classes_(classes), limits_(limits), rest_((classes.size() + 1) * limits.prices.size()) {
  const std::size_t prices = limits.prices.size();
  for (std::size_t c = classes.size(); c-- > 0;) {
    for (std::size_t p = 0; p < prices; ++p) {
      double best = -std::numeric_limits<double>::infinity();
      for (const Item& item : classes[c]) best = std::max(best, item.value - limits.prices[p] * item.cost);
      rest_[c * prices + p] = rest_[(c + 1) * prices + p] + best;
    }
  }
  steps_.push_back({Way{}});
  for (std::size_t c = 0; c < classes.size(); ++c) add_class(classes[c], c);
}

double ParetoMerge::bound(const Way& way, std::size_t number) const {
  const std::size_t prices = limits_.prices.size();
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t p = 0; p < prices; ++p) {
    least = std::min(
        least, way.value + limits_.prices[p] * (limits_.reach - way.cost) + rest_[(number + 1) * prices + p]);
  }
  return least;
}

void ParetoMerge::add_class(const ItemClass& items, std::size_t number) {
  std::vector<Way> all;
  const std::vector<Way>& before = steps_.back();
  for (std::size_t i = 0; i < items.size(); ++i) {
    shifted_.clear();
    for (std::size_t b = 0; b < before.size(); ++b) {
      const Way way{before[b].cost + items[i].cost, before[b].value + items[i].value,
                    static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(i)};
      if (way.cost > limits_.budget) break;  // the others cost more
      if (bound(way, number) >= limits_.floor) shifted_.push_back(way);
    }
    merged_.resize(all.size() + shifted_.size());
    std::merge(all.begin(), all.end(), shifted_.begin(), shifted_.end(), merged_.begin(), cheaper<Way>);
    drop_dominated(merged_);
    std::swap(all, merged_);
  }
  if (all.size() > limits_.most) thin_out(all, number);
  steps_.push_back(std::move(all));
}

// Keeps those with the best prospects.
void ParetoMerge::thin_out(std::vector<Way>& ways, std::size_t number) {
  complete_ = false;
  std::vector<std::pair<double, std::uint32_t>> prospects;
  for (std::size_t w = 0; w < ways.size(); ++w) {
    prospects.emplace_back(-bound(ways[w], number), static_cast<std::uint32_t>(w));
  }
  std::nth_element(prospects.begin(), prospects.begin() + static_cast<std::ptrdiff_t>(limits_.most),
                   prospects.end());
  prospects.resize(limits_.most);
  std::sort(prospects.begin(), prospects.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<Way> kept;
  kept.reserve(prospects.size());
  for (const auto& [prospect, way] : prospects) kept.push_back(ways[way]);
  ways = std::move(kept);
}

std::vector<std::size_t> ParetoMerge::items(std::size_t way) const {
  std::vector<std::size_t> result(classes_.size());
  for (std::size_t c = classes_.size(); c-- > 0;) {
    const Way& at = steps_[c + 1][way];
    result[c] = classes_[c][at.item].index;
    way = at.before;
  }
  return result;
}

}  // namespace mainstream
