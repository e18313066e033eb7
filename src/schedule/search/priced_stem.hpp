// The gain of one stem's apps at a price per unit of cost.
//
// At a price, a schedule is worth the sum of its values less price * cost. Then apps no longer compete for
// the budget, and the only thing left to choose together is the shape of their stem.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "schedule/assignment.hpp"
#include "schedule/search/app_rows.hpp"

namespace mainstream {

// How each segment of a stem runs, by level (entry 0 is unused): its rate as an index into StemGrid::rates,
// which never rises with depth, and its number type, which never gets more exact.
struct StemShape {
  std::vector<int> rate, type;
  bool operator==(const StemShape&) const = default;
};

struct ShapeWorth {
  StemShape shape;
  double worth = 0;
};

// Which options count, and what for.
struct OptionScope {
  double min_f1 = -1;       // options with a lower F1 do not count
  bool only_costs = false;  // all values are 0, so at price 1 a schedule is worth -cost
};

// The worth of an app without any option: far below every real worth, while sums of it stay finite.
inline constexpr double kNever = -1e30;

// The options of one stem's apps, by place (level, stem number type, rate). Immutable; the instance must
// outlive it.
//
// A row holds one number per app of the stem, padded (see app_rows.hpp); tables are rows in order of level,
// type, rate.
class OptionTable {
 public:
  // One option for each app and place; there are several layers where an app has several in one place.
  struct Layer {
    std::vector<double> value, cost;   // kNever and 0 where there is none
    std::vector<std::int32_t> option;  // index into InstanceApp::options, -1: none
  };

  OptionTable(const Instance& instance, std::size_t stem, const OptionScope& scope);

  [[nodiscard]] const StemGrid& grid() const { return grid_; }
  [[nodiscard]] int levels() const { return levels_; }  // the deepest level
  [[nodiscard]] int rates() const { return rates_; }    // the highest rate
  [[nodiscard]] int types() const { return types_; }    // number types
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }

  [[nodiscard]] std::size_t row_size() const { return row_size_; }
  [[nodiscard]] std::size_t row(int level, int type, int rate) const {
    return static_cast<std::size_t>((level * types_ + type) * (rates_ + 1) + rate) * row_size_;
  }
  [[nodiscard]] std::size_t size() const { return row(levels_ + 1, 0, 0); }

  // Per second.
  [[nodiscard]] double segment_cost(int level, int type, int rate) const {
    const int segment = type * (levels_ + 1) + level;
    return segment_costs_[static_cast<std::size_t>(segment)] * grid_.rates[static_cast<std::size_t>(rate)];
  }
  // The extra cost per second of a segment at a rate, compared with the next lower rate.
  [[nodiscard]] double step_cost(int level, int type, int rate) const {
    return segment_cost(level, type, rate) - segment_cost(level, type, rate - 1);
  }
  [[nodiscard]] double shape_cost(const StemShape& shape) const;

  [[nodiscard]] StemShape empty_shape() const;  // no segment runs

 private:
  void place(std::size_t index, const AppOption& option, std::int32_t number, double value);

  const StemGrid& grid_;
  int levels_, rates_, types_;
  std::size_t row_size_;
  std::vector<double> segment_costs_;  // per frame; [type * (levels + 1) + level]
  std::vector<Layer> layers_;
};

// The best worth of each app in each place at one price. Immutable; the table must outlive it.
class PricedStem {
 public:
  PricedStem(const OptionTable& table, double price);

  [[nodiscard]] const OptionTable& table() const { return table_; }
  [[nodiscard]] double price() const { return price_; }

  // A row: the best worth at this level and type, at this rate or a lower one.
  [[nodiscard]] const double* at(int level, int type, int rate) const {
    return best_.get() + table_.row(level, type, rate);
  }
  // A row: the best worth with nothing shared.
  [[nodiscard]] const double* alone() const { return at(0, 0, table_.rates()); }
  // Writes a row to `to`: the best worth at exactly this rate.
  void exactly(int level, int type, int rate, double* to) const;

  // The worth of a shape when every app takes the best option that it allows.
  [[nodiscard]] double worth(const StemShape& shape) const;

  // Writes these options to the assignment of this stem's apps; of equal ones the cheapest. False when an app
  // has none.
  [[nodiscard]] bool assign(const StemShape& shape, Assignment& assignment) const;

 private:
  struct BestOption {
    double worth = kNever / 2, cost = 0;
    std::int32_t option = -1;
  };
  void look_for(BestOption& best, const OptionTable::Layer& layer, std::size_t first_row, int highest_rate,
                std::size_t app) const;

  const OptionTable& table_;
  double price_;
  std::unique_ptr<double[]> best_;  // a table; written whole, so no vector, which would be zeroed first
};

}  // namespace mainstream
