#include "schedule/modes.hpp"

#include <algorithm>

namespace mainstream {
namespace {

void keep_frozen(std::vector<InstanceOption>& options, int frozen) {
  std::erase_if(options, [&](const InstanceOption& option) { return option.choice.frozen != frozen; });
}

int least_frozen(const std::vector<InstanceOption>& options) {
  return std::min_element(options.begin(), options.end(),
                          [](const auto& a, const auto& b) { return a.choice.frozen < b.choice.frozen; })
      ->choice.frozen;
}

int most_frozen(const std::vector<InstanceOption>& options) {
  return std::max_element(options.begin(), options.end(),
                          [](const auto& a, const auto& b) { return a.choice.frozen < b.choice.frozen; })
      ->choice.frozen;
}

void keep_most_exact(std::vector<InstanceOption>& options) {
  const auto key = [](const InstanceOption& o) {
    return std::pair(o.choice.stem_precision, o.choice.tail_precision);
  };
  const auto best = key(*std::min_element(options.begin(), options.end(),
                                          [&](const auto& a, const auto& b) { return key(a) < key(b); }));
  std::erase_if(options, [&](const InstanceOption& option) { return key(option) != best; });
}

}  // namespace

const std::vector<double>& rates_without_sharing() {
  static const std::vector<double> rates{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  return rates;
}

void apply_mode(Algorithm algorithm, AppOptions& options) {
  for (auto& of_app : options) {
    if (algorithm == Algorithm::no_sharing) keep_frozen(of_app, least_frozen(of_app));
    if (algorithm == Algorithm::max_sharing) keep_frozen(of_app, most_frozen(of_app));
    if (algorithm == Algorithm::greedy) keep_most_exact(of_app);
  }
}

void fix_branchpoint(int frozen, AppOptions& options) {
  for (auto& of_app : options) {
    int count = least_frozen(of_app);
    for (const InstanceOption& option : of_app) {
      if (option.choice.frozen <= frozen) count = std::max(count, option.choice.frozen);
    }
    keep_frozen(of_app, count);
  }
}

std::vector<int> frozen_counts(const AppOptions& options) {
  std::vector<int> counts;
  for (const auto& of_app : options) {
    for (const InstanceOption& option : of_app) counts.push_back(option.choice.frozen);
  }
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

}  // namespace mainstream
