// Choosing one item of each class: all ways that are not beaten in both cost and value.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace mainstream {

struct Item {
  double cost = 0, value = 0;
  std::size_t index = 0;  // the caller's name for it
};

using ItemClass = std::vector<Item>;

// Sorts by cost and drops items that another beats or equals in both cost and value.
void keep_undominated(ItemClass& items);

struct MergeLimits {
  double budget = std::numeric_limits<double>::infinity();  // dearer ways are dropped
  // A way is dropped as soon as value + price * (reach - cost), over what is chosen and the best of what is
  // still to be chosen at that price, is below `floor`: for any of these prices.
  std::vector<double> prices;
  double reach = 0;
  double floor = -std::numeric_limits<double>::infinity();
  std::size_t most = 1'000'000;  // ways kept after each class
};

class ParetoMerge {
 public:
  struct Way {
    double cost = 0, value = 0;
    std::uint32_t before = 0, item = 0;  // in the class before; of this class
  };

  // The classes must be undominated and outlive this.
  ParetoMerge(const std::vector<ItemClass>& classes, const MergeLimits& limits);

  // By rising cost and rising value; empty when nothing is within the limits.
  [[nodiscard]] const std::vector<Way>& ways() const { return steps_.back(); }
  // The items' indices, one per class.
  [[nodiscard]] std::vector<std::size_t> items(std::size_t way) const;
  // False when `most` was reached, so that better ways may have been lost.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  void add_class(const ItemClass& items, std::size_t number);
  void thin_out(std::vector<Way>& ways, std::size_t number);
  [[nodiscard]] double bound(const Way& way, std::size_t number) const;

  const std::vector<ItemClass>& classes_;
  const MergeLimits& limits_;
  // [class * prices + price]: the best worth of the classes after it at that price.
  std::vector<double> rest_;
  std::vector<std::vector<Way>> steps_;
  std::vector<Way> shifted_, merged_;
  bool complete_ = true;
};

}  // namespace mainstream
