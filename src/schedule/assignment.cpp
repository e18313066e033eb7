#include "schedule/assignment.hpp"

#include <algorithm>

namespace mainstream {
namespace {

void ask(SegmentDemand& segment, int rate, std::size_t app) {
  if (rate > segment.rate) {
    segment.second_rate = segment.asking == app ? segment.second_rate : segment.rate;
    segment.rate = rate;
    segment.asking = app;
  } else if (app != segment.asking) {
    segment.second_rate = std::max(segment.second_rate, rate);
  }
}

}  // namespace

StemDemand demand_on(const Instance& instance, const StemGrid& stem, const Assignment& assignment) {
  StemDemand demand;
  auto& segments = demand.segments;
  segments.resize(stem.levels.size());
  for (const std::size_t a : stem.apps) {
    const AppOption& option = instance.apps[a].options[assignment[a]];
    if (option.level == 0) continue;
    SegmentDemand& segment = segments[static_cast<std::size_t>(option.level)];
    ask(segment, option.rate, a);
    if (segment.type >= 0 && segment.type != option.stem_type) demand.types_fit = false;
    segment.type = option.stem_type;
  }
  for (std::size_t j = segments.size() - 1; j-- > 1;) {
    SegmentDemand& segment = segments[j];
    const SegmentDemand& deeper = segments[j + 1];
    ask(segment, deeper.rate, deeper.asking);
    segment.second_rate = std::max(segment.second_rate, deeper.second_rate);
    if (segment.type < 0) segment.type = deeper.type;
    if (deeper.type >= 0 && segment.type > deeper.type) demand.types_fit = false;
  }
  return demand;
}

double value_of(const Instance& instance, const Assignment& assignment) {
  double value = 0;
  for (std::size_t a = 0; a < assignment.size(); ++a) value += instance.apps[a].options[assignment[a]].value;
  return value;
}

std::optional<double> cost_of(const Instance& instance, const Assignment& assignment) {
  double cost = 0;
  for (std::size_t a = 0; a < instance.apps.size(); ++a) {
    cost += instance.apps[a].options[assignment[a]].own_cost;
  }
  for (const StemGrid& stem : instance.stems) {
    const StemDemand demand = demand_on(instance, stem, assignment);
    if (!demand.types_fit) return std::nullopt;
    for (std::size_t j = 1; j < stem.levels.size() && demand.segments[j].rate > 0; ++j) {
      const auto type = static_cast<std::size_t>(demand.segments[j].type);
      cost += stem.segment_costs[type][j] * stem.rates[static_cast<std::size_t>(demand.segments[j].rate)];
    }
  }
  return cost;
}

}  // namespace mainstream
