#include "schedule/search/pareto_merge.hpp"

#include <algorithm>

#include "schedule/search/undominated.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kMostWhenStopped = 1'000;

}  // namespace

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
  fronts_.push_back({Combination{}});
  for (std::size_t c = 0; c < classes.size(); ++c) add_class(classes[c], c);
}

// The most that a completion of a combination of the classes up to `number` can be worth.
double ParetoMerge::bound(const Combination& combination, std::size_t number) const {
  const std::size_t prices = limits_.prices.size();
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t p = 0; p < prices; ++p) {
    least = std::min(least, combination.value + limits_.prices[p] * (limits_.reach - combination.cost) +
                                rest_[(number + 1) * prices + p]);
  }
  return least;
}

void ParetoMerge::add_class(const ItemClass& items, std::size_t number) {
  std::vector<Combination> front;
  const std::vector<Combination>& before = fronts_.back();
  for (std::size_t i = 0; i < items.size(); ++i) {
    stopped_ = stopped_ || (limits_.stop && limits_.stop());
    if (stopped_ && before.size() > kMostWhenStopped && !front.empty()) {
      complete_ = false;
      break;
    }
    with_item_.clear();
    for (std::size_t b = 0; b < before.size(); ++b) {
      const Combination next{before[b].cost + items[i].cost, before[b].value + items[i].value,
                             static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(i)};
      if (next.cost > limits_.budget) break;  // all later ones cost more
      if (bound(next, number) >= limits_.floor) with_item_.push_back(next);
    }
    merged_.resize(front.size() + with_item_.size());
    std::merge(front.begin(), front.end(), with_item_.begin(), with_item_.end(), merged_.begin(),
               is_cheaper<Combination>);
    drop_dominated(merged_);
    std::swap(front, merged_);
  }
  const std::size_t most = stopped_ ? std::min(limits_.most, kMostWhenStopped) : limits_.most;
  if (front.size() > most) keep_most_promising(front, number, most);
  fronts_.push_back(std::move(front));
}

void ParetoMerge::keep_most_promising(std::vector<Combination>& front, std::size_t number, std::size_t most) {
  complete_ = false;
  std::vector<std::pair<double, std::uint32_t>> order;  // by falling bound
  for (std::size_t c = 0; c < front.size(); ++c) {
    order.emplace_back(-bound(front[c], number), static_cast<std::uint32_t>(c));
  }
  std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end());
  order.resize(most);
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<Combination> kept;
  kept.reserve(order.size());
  for (const auto& [negated_bound, combination] : order) kept.push_back(front[combination]);
  front = std::move(kept);
}

std::vector<std::size_t> ParetoMerge::items(std::size_t combination) const {
  std::vector<std::size_t> chosen(classes_.size());
  for (std::size_t c = classes_.size(); c-- > 0;) {
    const Combination& at = fronts_[c + 1][combination];
    chosen[c] = classes_[c][at.item].index;
    combination = at.before;
  }
  return chosen;
}

}  // namespace mainstream
