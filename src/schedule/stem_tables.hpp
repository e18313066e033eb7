// What the apps of one stem could gain at a given price of cost, as tables over the stem's grid.
//
// With a price, a schedule is worth the sum of its values less price * cost. Then apps no longer compete for
// the budget, and all that is left to choose is the stem's shape.
#pragma once

#include <cstdint>
#include <vector>

#include "schedule/instance.hpp"
#include "schedule/lanes.hpp"

namespace mainstream {

// For each level (from 1; entry 0 is not used) the rate at which the segment before it runs, as an index
// into the stem's rates that never rises from level to level, and the stem precision there, which never
// falls.
struct Shape {
  std::vector<int> rate, precision;
  bool operator==(const Shape&) const = default;
};

class StemTables {
 public:
  // The instance must outlive the tables.
  StemTables(const Instance& instance, std::size_t stem);

  // An app without any option within some limit: far below any real worth, and sums of it stay finite.
  static constexpr double kNever = -1e30;

  void set_price(double price);
  [[nodiscard]] double price() const { return price_; }

  // Which options count, and what for: those with an f1 of at least `min_f1`; with `costs_only` all values
  // are 0, so that at price 1 a schedule is worth -cost. To be followed by set_price.
  void select(double min_f1, bool costs_only);

  [[nodiscard]] int levels() const { return levels_; }  // the deepest level
  [[nodiscard]] int rates() const { return rates_; }    // the highest rate
  [[nodiscard]] int precisions() const { return precisions_; }
  [[nodiscard]] std::size_t row_size() const { return row_size_; }  // apps, padded

  // Per app: the best worth at this level and stem precision, at this rate or a lower one.
  [[nodiscard]] const double* at(int level, int precision, int rate) const {
    return at_.data() + row(level, precision, rate);
  }
  // Per app: the best worth with nothing shared.
  [[nodiscard]] const double* alone() const { return at(0, 0, rates_); }
  // Per app, written to `to`: the best worth at exactly this rate.
  void exactly(int level, int precision, int rate, double* to) const;

  // What a segment costs per second at a rate.
  [[nodiscard]] double segment_cost(int level, int precision, int rate) const {
    const int segment = precision * (levels_ + 1) + level;
    return segment_costs_[static_cast<std::size_t>(segment)] * rate_values_[static_cast<std::size_t>(rate)];
  }
  [[nodiscard]] double shape_cost(const Shape& shape) const;

  // The worth of a shape when every app takes the best that it allows.
  [[nodiscard]] double worth(const Shape& shape) const;

  // Those options, written for this stem's apps; of equal ones the cheapest. False when some app has none.
  [[nodiscard]] bool assign(const Shape& shape, Assignment& assignment) const;

  [[nodiscard]] Shape empty_shape() const;
  [[nodiscard]] const InstanceStem& stem() const { return stem_; }

  [[nodiscard]] std::size_t row(int level, int precision, int rate) const {
    return static_cast<std::size_t>((level * precisions_ + precision) * (rates_ + 1) + rate) * row_size_;
  }
  [[nodiscard]] std::size_t table_size() const { return row(levels_ + 1, 0, 0); }

 private:
  // One option for each place of the grid; several such planes where an app has more than one there.
  struct Plane {
    std::vector<double> value, cost;
    std::vector<std::int32_t> option;  // index into InstanceApp::options, -1 for none
  };
  void place(std::size_t index, const InstanceOption& option, std::int32_t number);
  void offer(const Plane& plane, std::size_t first_row, int rate_limit, std::size_t app, double& best,
             double& best_cost, std::size_t& choice) const;

  const Instance& instance_;
  const InstanceStem& stem_;
  int levels_, rates_, precisions_;
  std::size_t row_size_;
  std::vector<double> rate_values_, segment_costs_;
  std::vector<Plane> planes_;
  std::vector<double> at_;
  double price_ = 0;
};

}  // namespace mainstream
