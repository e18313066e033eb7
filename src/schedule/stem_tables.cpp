#include "schedule/stem_tables.hpp"

namespace mainstream {

StemTables::StemTables(const Instance& instance, std::size_t stem)
    : instance_(instance),
      stem_(instance.stems[stem]),
      levels_(static_cast<int>(stem_.levels.size()) - 1),
      rates_(static_cast<int>(stem_.rates.size()) - 1),
      precisions_(static_cast<int>(stem_.segment_costs.size())),
      row_size_(padded(stem_.apps.size())),
      rate_values_(stem_.rates) {
  for (const auto& costs : stem_.segment_costs) {
    segment_costs_.insert(segment_costs_.end(), costs.begin(), costs.end());
  }
  for (std::size_t i = 0; i < stem_.apps.size(); ++i) {
    const auto& options = instance.apps[stem_.apps[i]].options;
    for (std::size_t o = 0; o < options.size(); ++o) {
      place(i, options[o], static_cast<std::int32_t>(o));
    }
  }
  at_.resize(table_size());
}

void StemTables::place(std::size_t index, const InstanceOption& option, std::int32_t number) {
  const int precision = option.level == 0 ? 0 : option.stem_precision;
  const std::size_t cell = row(option.level, precision, option.rate) + index;
  for (std::size_t p = 0;; ++p) {
    if (p == planes_.size()) {
      planes_.push_back({std::vector<double>(table_size(), kNever), std::vector<double>(table_size(), 0.0),
                         std::vector<std::int32_t>(table_size(), -1)});
    }
    Plane& plane = planes_[p];
    if (plane.option[cell] >= 0) continue;
    plane.value[cell] = option.value;
    plane.cost[cell] = option.own_cost;
    plane.option[cell] = number;
    return;
  }
}

void StemTables::select(double min_f1, bool costs_only) {
  for (Plane& plane : planes_) {
    for (std::size_t cell = 0; cell < plane.value.size(); ++cell) {
      if (plane.option[cell] < 0) continue;
      const InstanceApp& app = instance_.apps[stem_.apps[cell % row_size_]];
      const InstanceOption& option = app.options[static_cast<std::size_t>(plane.option[cell])];
      const double value = costs_only ? 0 : option.value;
      plane.value[cell] = option.f1 >= min_f1 ? value : kNever;
    }
  }
}

void StemTables::set_price(double price) {
  price_ = price;
  for (std::size_t i = 0; i < at_.size(); ++i) at_[i] = planes_[0].value[i] - price * planes_[0].cost[i];
  for (std::size_t p = 1; p < planes_.size(); ++p) {
    const Plane& plane = planes_[p];
    for (std::size_t i = 0; i < at_.size(); ++i) {
      at_[i] = std::max(at_[i], plane.value[i] - price * plane.cost[i]);
    }
  }
  for (int level = 0; level <= levels_; ++level) {
    for (int precision = 0; precision < precisions_; ++precision) {
      for (int rate = 1; rate <= rates_; ++rate) {
        max_into(at_.data() + row(level, precision, rate), at_.data() + row(level, precision, rate - 1),
                 row_size_);
      }
    }
  }
  // The rows' padding: apps that are content with nothing.
  for (std::size_t i = stem_.apps.size(); i < row_size_; ++i) at_[row(0, 0, rates_) + i] = 0;
}

void StemTables::exactly(int level, int precision, int rate, double* to) const {
  const std::size_t first = row(level, precision, rate);
  std::fill(to, to + row_size_, kNever);
  for (const Plane& plane : planes_) {
    for (std::size_t i = 0; i < row_size_; ++i) {
      to[i] = std::max(to[i], plane.value[first + i] - price_ * plane.cost[first + i]);
    }
  }
}

double StemTables::shape_cost(const Shape& shape) const {
  double cost = 0;
  for (int level = 1; level <= levels_; ++level) {
    const auto l = static_cast<std::size_t>(level);
    cost += segment_cost(level, shape.precision[l], shape.rate[l]);
  }
  return cost;
}

double StemTables::worth(const Shape& shape) const {
  std::vector<double> best(alone(), alone() + row_size_);
  for (int level = 1; level <= levels_; ++level) {
    const auto l = static_cast<std::size_t>(level);
    if (shape.rate[l] > 0) max_into(best.data(), at(level, shape.precision[l], shape.rate[l]), row_size_);
  }
  return sum(best.data(), row_size_) - price_ * shape_cost(shape);
}

void StemTables::offer(const Plane& plane, std::size_t first_row, int rate_limit, std::size_t app,
                       double& best, double& best_cost, std::size_t& choice) const {
  for (int rate = 1; rate <= rate_limit; ++rate) {
    const std::size_t cell = first_row + static_cast<std::size_t>(rate) * row_size_ + app;
    const double worth = plane.value[cell] - price_ * plane.cost[cell];
    if (worth > best || (worth == best && plane.cost[cell] < best_cost)) {
      best = worth;
      best_cost = plane.cost[cell];
      choice = static_cast<std::size_t>(plane.option[cell]);
    }
  }
}

bool StemTables::assign(const Shape& shape, Assignment& assignment) const {
  bool all = true;
  for (std::size_t i = 0; i < stem_.apps.size(); ++i) {
    double best = kNever / 2, best_cost = 0;
    for (const Plane& plane : planes_) {
      std::size_t& choice = assignment[stem_.apps[i]];
      offer(plane, row(0, 0, 0), rates_, i, best, best_cost, choice);
      for (int level = 1; level <= levels_; ++level) {
        const auto l = static_cast<std::size_t>(level);
        offer(plane, row(level, shape.precision[l], 0), shape.rate[l], i, best, best_cost, choice);
      }
    }
    all = all && best > kNever / 2;
  }
  return all;
}

Shape StemTables::empty_shape() const {
  const std::vector<int> nothing(static_cast<std::size_t>(levels_) + 1, 0);
  return {nothing, nothing};
}

}  // namespace mainstream
