// Choosing one item of each class: all combinations that no other one dominates (see undominated.hpp).
// Dynamic programming over the classes, pruned by Lagrangian bounds.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace mainstream {

struct Item {
  double cost = 0, value = 0;
  std::size_t index = 0;  // the caller's
};

using ItemClass = std::vector<Item>;

struct MergeLimits {
  double budget = std::numeric_limits<double>::infinity();  // combinations above it are dropped
  // A partial combination is dropped when, at any of these prices, its value + price * (reach - its cost)
  // plus the best worth of the classes still to come is below `floor`: no completion reaches it.
  std::vector<double> prices;
  double reach = 0;
  double floor = -std::numeric_limits<double>::infinity();
  std::size_t most = 1'000'000;  // partial combinations kept after each class
  // Asked now and then; may be empty. When it returns true, few combinations are kept from there on, so that
  // an answer comes soon.
  std::function<bool()> stop = {};
};

class ParetoMerge {
 public:
  struct Combination {
    double cost = 0, value = 0;
    std::uint32_t before = 0, item = 0;  // indices: into the front of the classes before; into this class
  };

  // Each class must be undominated. Classes and limits must outlive this.
  ParetoMerge(const std::vector<ItemClass>& classes, const MergeLimits& limits);

  // The front: cost and value rise. Empty when nothing keeps the limits.
  [[nodiscard]] const std::vector<Combination>& front() const { return fronts_.back(); }
  // The indices of its items, one per class. `combination` is an index into front().
  [[nodiscard]] std::vector<std::size_t> items(std::size_t combination) const;
  // False when `most` was reached or it was stopped, so better combinations may have been lost.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  void add_class(const ItemClass& items, std::size_t number);
  void keep_most_promising(std::vector<Combination>& front, std::size_t number, std::size_t most);
  [[nodiscard]] double bound(const Combination& combination, std::size_t number) const;

  const std::vector<ItemClass>& classes_;
  const MergeLimits& limits_;
  std::vector<double> rest_;  // [class * prices + price]: best worth of this class and all later ones
  std::vector<std::vector<Combination>> fronts_;  // after each class; the first one before any
  std::vector<Combination> with_item_, merged_;   // buffers
  bool complete_ = true, stopped_ = false;
};

}  // namespace mainstream
