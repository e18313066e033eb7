#include "schedule/search/priced_stem.hpp"

namespace mainstream {

OptionTable::OptionTable(const Instance& instance, std::size_t stem, const OptionScope& scope)
    : grid_(instance.stems[stem]),
      levels_(static_cast<int>(grid_.levels.size()) - 1),
      rates_(static_cast<int>(grid_.rates.size()) - 1),
      types_(static_cast<int>(grid_.segment_costs.size())),
      row_size_(padded_row(grid_.apps.size())) {
  for (const auto& of_type : grid_.segment_costs) {
    segment_costs_.insert(segment_costs_.end(), of_type.begin(), of_type.end());
  }
  layers_.push_back({std::vector<double>(size(), kNever), std::vector<double>(size(), 0.0),
                     std::vector<std::int32_t>(size(), -1)});
  for (std::size_t i = 0; i < grid_.apps.size(); ++i) {
    const auto& options = instance.apps[grid_.apps[i]].options;
    for (std::size_t o = 0; o < options.size(); ++o) {
      if (options[o].f1 < scope.min_f1) continue;
      place(i, options[o], static_cast<std::int32_t>(o), scope.only_costs ? 0 : options[o].value);
    }
  }
}

void OptionTable::place(std::size_t index, const AppOption& option, std::int32_t number, double value) {
  const int type = option.level == 0 ? 0 : option.stem_type;
  const std::size_t cell = row(option.level, type, option.rate) + index;
  std::size_t l = 0;
  while (l < layers_.size() && layers_[l].option[cell] >= 0) ++l;
  if (l == layers_.size()) {
    layers_.push_back({std::vector<double>(size(), kNever), std::vector<double>(size(), 0.0),
                       std::vector<std::int32_t>(size(), -1)});
  }
  layers_[l].value[cell] = value;
  layers_[l].cost[cell] = option.own_cost;
  layers_[l].option[cell] = number;
}

double OptionTable::shape_cost(const StemShape& shape) const {
  double cost = 0;
  for (int level = 1; level <= levels_; ++level) {
    const auto l = static_cast<std::size_t>(level);
    cost += segment_cost(level, shape.type[l], shape.rate[l]);
  }
  return cost;
}

StemShape OptionTable::empty_shape() const {
  const std::vector<int> nothing(static_cast<std::size_t>(levels_) + 1, 0);
  return {nothing, nothing};
}

PricedStem::PricedStem(const OptionTable& table, double price)
    : table_(table), price_(price), best_(std::make_unique_for_overwrite<double[]>(table.size())) {
  const auto& first = table.layers().front();
  for (std::size_t i = 0; i < table.size(); ++i) best_[i] = first.value[i] - price * first.cost[i];
  for (std::size_t l = 1; l < table.layers().size(); ++l) {
    const OptionTable::Layer& layer = table.layers()[l];
    for (std::size_t i = 0; i < table.size(); ++i) {
      best_[i] = std::max(best_[i], layer.value[i] - price * layer.cost[i]);
    }
  }
  const std::size_t size = table.row_size();
  for (int level = 0; level <= table.levels(); ++level) {
    for (int type = 0; type < table.types(); ++type) {
      for (int rate = 1; rate <= table.rates(); ++rate) {
        max_into(best_.get() + table.row(level, type, rate), best_.get() + table.row(level, type, rate - 1),
                 size);
      }
    }
  }
  // The padding of a row stands for apps that gain nothing and cost nothing.
  for (std::size_t i = table.grid().apps.size(); i < size; ++i) best_[table.row(0, 0, table.rates()) + i] = 0;
}

void PricedStem::exactly(int level, int type, int rate, double* to) const {
  const std::size_t first = table_.row(level, type, rate);
  std::fill(to, to + table_.row_size(), kNever);
  for (const OptionTable::Layer& layer : table_.layers()) {
    for (std::size_t i = 0; i < table_.row_size(); ++i) {
      to[i] = std::max(to[i], layer.value[first + i] - price_ * layer.cost[first + i]);
    }
  }
}

double PricedStem::worth(const StemShape& shape) const {
  const std::size_t size = table_.row_size();
  std::vector<double> best(alone(), alone() + size);
  for (int level = 1; level <= table_.levels(); ++level) {
    const auto l = static_cast<std::size_t>(level);
    if (shape.rate[l] > 0) max_into(best.data(), at(level, shape.type[l], shape.rate[l]), size);
  }
  return sum(best.data(), size) - price_ * table_.shape_cost(shape);
}

void PricedStem::look_for(BestOption& best, const OptionTable::Layer& layer, std::size_t first_row,
                          int highest_rate, std::size_t app) const {
  for (int rate = 1; rate <= highest_rate; ++rate) {
    const std::size_t cell = first_row + static_cast<std::size_t>(rate) * table_.row_size() + app;
    const double worth = layer.value[cell] - price_ * layer.cost[cell];
    if (worth > best.worth || (worth == best.worth && layer.cost[cell] < best.cost)) {
      best = {worth, layer.cost[cell], layer.option[cell]};
    }
  }
}

bool PricedStem::assign(const StemShape& shape, Assignment& assignment) const {
  bool all = true;
  for (std::size_t i = 0; i < table_.grid().apps.size(); ++i) {
    BestOption best;
    for (const OptionTable::Layer& layer : table_.layers()) {
      look_for(best, layer, table_.row(0, 0, 0), table_.rates(), i);
      for (int level = 1; level <= table_.levels(); ++level) {
        const auto l = static_cast<std::size_t>(level);
        look_for(best, layer, table_.row(level, shape.type[l], 0), shape.rate[l], i);
      }
    }
    if (best.option < 0) {
      all = false;
    } else {
      assignment[table_.grid().apps[i]] = static_cast<std::size_t>(best.option);
    }
  }
  return all;
}

}  // namespace mainstream
