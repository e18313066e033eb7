#include "schedule/instance.hpp"

#include <algorithm>
#include <numeric>

namespace mainstream {
namespace {

std::vector<std::vector<double>> segment_costs(const Problem::Stem& stem, const std::vector<int>& levels) {
  std::vector<std::vector<double>> by_type;
  for (const Problem::LayerCosts& layers : stem.layer_costs) {
    std::vector<double> segments(levels.size(), 0.0);
    for (std::size_t j = 1; j < levels.size(); ++j) {
      const auto first = layers.costs.begin() + levels[j - 1], end = layers.costs.begin() + levels[j];
      segments[j] = std::accumulate(first, end, 0.0);
      if (!by_type.empty()) segments[j] = std::min(segments[j], by_type.back()[j]);
    }
    by_type.push_back(std::move(segments));
  }
  return by_type;
}

template <typename T>
int index_in(const std::vector<T>& sorted, T value) {
  return static_cast<int>(std::lower_bound(sorted.begin(), sorted.end(), value) - sorted.begin());
}

template <typename T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void place_on_grid(const Problem::Stem& given, StemGrid& stem, std::vector<InstanceApp>& apps) {
  stem.levels = {0};
  stem.rates = {0};
  for (const std::size_t a : stem.apps) {
    for (const AppOption& option : apps[a].options) {
      stem.levels.push_back(option.shared);
      stem.rates.push_back(option.fps);
    }
  }
  sort_unique(stem.levels);
  sort_unique(stem.rates);
  stem.segment_costs = segment_costs(given, stem.levels);
  for (const std::size_t a : stem.apps) {
    for (AppOption& option : apps[a].options) {
      option.level = index_in(stem.levels, option.shared);
      option.rate = index_in(stem.rates, option.fps);
    }
  }
}

// The deepest branchpoint with a candidate that reads that tensor alone, or the deepest of all.
int last_branchpoint(const Problem::App& app) {
  int last = 0, last_alone = -1;
  for (const Problem::Candidate& candidate : app.candidates) {
    last = std::max(last, candidate.frozen);
    if (candidate.levels == 1) last_alone = std::max(last_alone, candidate.frozen);
  }
  for (const Problem::Option& option : app.options) last = std::max(last, option.frozen);
  return last_alone >= 0 ? last_alone : last;
}

}  // namespace

Instance make_instance(const Problem& problem, AppOptions options) {
  Instance instance;
  instance.budget = problem.budget;
  instance.stems.resize(problem.stems.size());
  for (std::size_t a = 0; a < problem.apps.size(); ++a) {
    instance.stems[problem.apps[a].stem].apps.push_back(a);
    instance.apps.push_back({problem.apps[a].stem, last_branchpoint(problem.apps[a]), std::move(options[a])});
  }
  for (std::size_t s = 0; s < problem.stems.size(); ++s) {
    place_on_grid(problem.stems[s], instance.stems[s], instance.apps);
  }
  return instance;
}

}  // namespace mainstream
