#include "schedule/search/local_search.hpp"

#include <cmath>
#include <utility>

#include "schedule/tolerances.hpp"

namespace mainstream {
namespace {

struct SegmentSetting {
  int rate = 0, type = 0;
};

class ShapeAscent {
 public:
  ShapeAscent(const PricedStem& stem, StemShape start)
      : stem_(stem),
        table_(stem.table()),
        size_(table_.row_size()),
        shape_(std::move(start)),
        front_(static_cast<std::size_t>(table_.levels() + 2) * size_),
        rear_(front_.size()),
        front_cost_(static_cast<std::size_t>(table_.levels()) + 2),
        rear_cost_(front_cost_.size()),
        moving_(size_) {
    tabulate();
  }

  ShapeWorth run() {
    while (true) {
      best_ = worth_ + kMoveGain * (1 + std::abs(worth_));
      improved_ = false;
      for (int rate = 0; rate <= table_.rates(); ++rate) {
        try_front([&](SegmentSetting s) { return SegmentSetting{std::max(s.rate, rate), s.type}; });
        try_rear([&](SegmentSetting s) { return SegmentSetting{std::min(s.rate, rate), s.type}; });
      }
      for (int type = 0; type < table_.types() && table_.types() > 1; ++type) {
        try_front([&](SegmentSetting s) { return SegmentSetting{s.rate, std::min(s.type, type)}; });
        try_rear([&](SegmentSetting s) { return SegmentSetting{s.rate, std::max(s.type, type)}; });
      }
      if (!improved_) return {shape_, worth_};
      shape_ = next_;
      tabulate();
    }
  }

 private:
  [[nodiscard]] SegmentSetting setting(int level) const {
    const auto l = static_cast<std::size_t>(level);
    return {shape_.rate[l], shape_.type[l]};
  }
  [[nodiscard]] double* front(int level) { return front_.data() + static_cast<std::size_t>(level) * size_; }
  [[nodiscard]] double* rear(int level) { return rear_.data() + static_cast<std::size_t>(level) * size_; }

  // Per level: the best worth of each app with the levels up to there (front), and from there on (rear).
  void tabulate() {
    std::copy_n(stem_.alone(), size_, front(0));
    for (int level = 1; level <= table_.levels(); ++level) {
      const SegmentSetting s = setting(level);
      max_of(front(level), front(level - 1), stem_.at(level, s.type, s.rate), size_);
      front_cost_[static_cast<std::size_t>(level)] =
          front_cost_[static_cast<std::size_t>(level) - 1] + table_.segment_cost(level, s.type, s.rate);
    }
    std::fill_n(rear(table_.levels() + 1), size_, kNever);
    for (int level = table_.levels(); level >= 1; --level) {
      const SegmentSetting s = setting(level);
      max_of(rear(level), rear(level + 1), stem_.at(level, s.type, s.rate), size_);
      rear_cost_[static_cast<std::size_t>(level)] =
          rear_cost_[static_cast<std::size_t>(level) + 1] + table_.segment_cost(level, s.type, s.rate);
    }
    worth_ = sum(front(table_.levels()), size_) -
             stem_.price() * front_cost_[static_cast<std::size_t>(table_.levels())];
  }

  // Tries to change the levels 1 .. l, for each l.
  template <typename Change>
  void try_front(const Change& change) {
    std::copy_n(stem_.alone(), size_, moving_.data());
    double cost = 0;
    for (int level = 1; level <= table_.levels(); ++level) {
      const SegmentSetting was = setting(level), now = change(was);
      max_into(moving_.data(), stem_.at(level, now.type, now.rate), size_);
      cost += table_.segment_cost(level, now.type, now.rate);
      if (now.rate == was.rate && now.type == was.type) continue;  // the same move as for the level before
      const double worth = sum_of_max(moving_.data(), rear(level + 1), size_) -
                           stem_.price() * (cost + rear_cost_[static_cast<std::size_t>(level) + 1]);
      if (worth > best_) keep(worth, 1, level, change);
    }
  }

  // Tries to change the levels from l to the deepest, for each l.
  template <typename Change>
  void try_rear(const Change& change) {
    std::fill(moving_.begin(), moving_.end(), kNever);
    double cost = 0;
    for (int level = table_.levels(); level >= 1; --level) {
      const SegmentSetting was = setting(level), now = change(was);
      max_into(moving_.data(), stem_.at(level, now.type, now.rate), size_);
      cost += table_.segment_cost(level, now.type, now.rate);
      if (now.rate == was.rate && now.type == was.type) continue;
      const double worth = sum_of_max(moving_.data(), front(level - 1), size_) -
                           stem_.price() * (cost + front_cost_[static_cast<std::size_t>(level) - 1]);
      if (worth > best_) keep(worth, level, table_.levels(), change);
    }
  }

  template <typename Change>
  void keep(double worth, int first, int last, const Change& change) {
    best_ = worth;
    improved_ = true;
    next_ = shape_;
    for (int level = first; level <= last; ++level) {
      const SegmentSetting now = change(setting(level));
      next_.rate[static_cast<std::size_t>(level)] = now.rate;
      next_.type[static_cast<std::size_t>(level)] = now.type;
    }
  }

  const PricedStem& stem_;
  const OptionTable& table_;
  std::size_t size_;
  StemShape shape_, next_;
  std::vector<double> front_, rear_, front_cost_, rear_cost_;
  std::vector<double> moving_;
  double worth_ = 0, best_ = 0;
  bool improved_ = false;
};

}  // namespace

ShapeWorth improve_shape(const PricedStem& stem, StemShape start) {
  return ShapeAscent(stem, std::move(start)).run();
}

ShapeWorth improve_full_shapes(const PricedStem& stem) {
  ShapeWorth best;
  for (int type = 0; type < stem.table().types(); ++type) {
    StemShape full = stem.table().empty_shape();
    std::fill(full.rate.begin() + 1, full.rate.end(), stem.table().rates());
    std::fill(full.type.begin() + 1, full.type.end(), type);
    ShapeWorth found = improve_shape(stem, std::move(full));
    if (type == 0 || found.worth > best.worth) best = std::move(found);
  }
  return best;
}

}  // namespace mainstream
