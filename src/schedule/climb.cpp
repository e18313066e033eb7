#include "schedule/climb.hpp"

#include <cmath>
#include <utility>

namespace mainstream {
namespace {

constexpr double kLeastGain = 1e-12;

struct Setting {
  int rate = 0, precision = 0;
};

class Climb {
 public:
  Climb(const StemTables& tables, Shape start)
      : tables_(tables),
        size_(tables.row_size()),
        shape_(std::move(start)),
        front_(static_cast<std::size_t>(tables.levels() + 2) * size_),
        rear_(front_.size()),
        front_cost_(static_cast<std::size_t>(tables.levels()) + 2),
        rear_cost_(front_cost_.size()),
        moving_(size_) {
    sum_up();
  }

  WorthyShape run() {
    while (true) {
      best_ = worth_ + kLeastGain * (1 + std::abs(worth_));
      improved_ = false;
      for (int rate = 0; rate <= tables_.rates(); ++rate) {
        try_front([&](Setting s) { return Setting{std::max(s.rate, rate), s.precision}; });
        try_rear([&](Setting s) { return Setting{std::min(s.rate, rate), s.precision}; });
      }
      for (int precision = 0; precision < tables_.precisions() && tables_.precisions() > 1; ++precision) {
        try_front([&](Setting s) { return Setting{s.rate, std::min(s.precision, precision)}; });
        try_rear([&](Setting s) { return Setting{s.rate, std::max(s.precision, precision)}; });
      }
      if (!improved_) return {shape_, worth_};
      shape_ = next_;
      sum_up();
    }
  }

 private:
  [[nodiscard]] Setting setting(int level) const {
    const auto l = static_cast<std::size_t>(level);
    return {shape_.rate[l], shape_.precision[l]};
  }
  [[nodiscard]] double* front(int level) { return front_.data() + static_cast<std::size_t>(level) * size_; }
  [[nodiscard]] double* rear(int level) { return rear_.data() + static_cast<std::size_t>(level) * size_; }

  // Best worth of every app with the levels up to (front) and from (rear) each level.
  void sum_up() {
    std::copy_n(tables_.alone(), size_, front(0));
    for (int level = 1; level <= tables_.levels(); ++level) {
      const Setting s = setting(level);
      max_of(front(level), front(level - 1), tables_.at(level, s.precision, s.rate), size_);
      front_cost_[static_cast<std::size_t>(level)] =
          front_cost_[static_cast<std::size_t>(level) - 1] + tables_.segment_cost(level, s.precision, s.rate);
    }
    std::fill_n(rear(tables_.levels() + 1), size_, StemTables::kNever);
    for (int level = tables_.levels(); level >= 1; --level) {
      const Setting s = setting(level);
      max_of(rear(level), rear(level + 1), tables_.at(level, s.precision, s.rate), size_);
      rear_cost_[static_cast<std::size_t>(level)] =
          rear_cost_[static_cast<std::size_t>(level) + 1] + tables_.segment_cost(level, s.precision, s.rate);
    }
    worth_ = sum(front(tables_.levels()), size_) -
             tables_.price() * front_cost_[static_cast<std::size_t>(tables_.levels())];
  }

  // Changes the levels 1 .. l, for each l.
  template <typename Change>
  void try_front(const Change& change) {
    std::copy_n(tables_.alone(), size_, moving_.data());
    double cost = 0;
    for (int level = 1; level <= tables_.levels(); ++level) {
      const Setting was = setting(level), now = change(was);
      max_into(moving_.data(), tables_.at(level, now.precision, now.rate), size_);
      cost += tables_.segment_cost(level, now.precision, now.rate);
      if (now.rate == was.rate && now.precision == was.precision) continue;  // as for the level before
      const double worth = sum_of_max(moving_.data(), rear(level + 1), size_) -
                           tables_.price() * (cost + rear_cost_[static_cast<std::size_t>(level) + 1]);
      if (worth > best_) keep(worth, 1, level, change);
    }
  }

  // Changes the levels l .. to the deepest, for each l.
  template <typename Change>
  void try_rear(const Change& change) {
    std::fill(moving_.begin(), moving_.end(), StemTables::kNever);
    double cost = 0;
    for (int level = tables_.levels(); level >= 1; --level) {
      const Setting was = setting(level), now = change(was);
      max_into(moving_.data(), tables_.at(level, now.precision, now.rate), size_);
      cost += tables_.segment_cost(level, now.precision, now.rate);
      if (now.rate == was.rate && now.precision == was.precision) continue;
      const double worth = sum_of_max(moving_.data(), front(level - 1), size_) -
                           tables_.price() * (cost + front_cost_[static_cast<std::size_t>(level) - 1]);
      if (worth > best_) keep(worth, level, tables_.levels(), change);
    }
  }

  template <typename Change>
  void keep(double worth, int first, int last, const Change& change) {
    best_ = worth;
    improved_ = true;
    next_ = shape_;
    for (int level = first; level <= last; ++level) {
      const Setting now = change(setting(level));
      next_.rate[static_cast<std::size_t>(level)] = now.rate;
      next_.precision[static_cast<std::size_t>(level)] = now.precision;
    }
  }

  const StemTables& tables_;
  std::size_t size_;
  Shape shape_, next_;
  std::vector<double> front_, rear_, front_cost_, rear_cost_;
  std::vector<double> moving_;
  double worth_ = 0, best_ = 0;
  bool improved_ = false;
};

}  // namespace

WorthyShape climb(const StemTables& tables, Shape start) {
  return Climb(tables, std::move(start)).run();
}

WorthyShape climb_down(const StemTables& tables) {
  WorthyShape best;
  for (int precision = 0; precision < tables.precisions(); ++precision) {
    Shape full = tables.empty_shape();
    std::fill(full.rate.begin() + 1, full.rate.end(), tables.rates());
    std::fill(full.precision.begin() + 1, full.precision.end(), precision);
    WorthyShape found = climb(tables, std::move(full));
    if (precision == 0 || found.worth > best.worth) best = std::move(found);
  }
  return best;
}

}  // namespace mainstream
