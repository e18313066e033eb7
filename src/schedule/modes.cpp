#include "schedule/modes.hpp"

#include <algorithm>

namespace mainstream {
namespace {

void keep_frozen(std::vector<InstanceOption>& options, int frozen) {
  std::erase_if(options, [&](const InstanceOption& option) { return option.frozen != frozen; });
}

// Keeps what `wanted` says of an app's candidates, or all where that would leave none. Options with known
// quality are all alike.
template <typename Wanted>
void prefer(const Problem::App& app, std::vector<InstanceOption>& options, const Wanted& wanted) {
  if (app.candidates.empty() || std::ranges::none_of(app.candidates, wanted)) return;
  std::erase_if(options, [&](const InstanceOption& option) { return !wanted(app.candidates[option.entry]); });
}

int least_frozen(const std::vector<InstanceOption>& options) {
  return std::ranges::min_element(options, {}, &InstanceOption::frozen)->frozen;
}

int most_frozen(const std::vector<InstanceOption>& options) {
  return std::ranges::max_element(options, {}, &InstanceOption::frozen)->frozen;
}

void keep_most_exact(std::vector<InstanceOption>& options) {
  const auto key = [](const InstanceOption& o) { return std::pair(o.stem_precision, o.tail_precision); };
  const auto best = key(*std::min_element(options.begin(), options.end(),
                                          [&](const auto& a, const auto& b) { return key(a) < key(b); }));
  std::erase_if(options, [&](const InstanceOption& option) { return key(option) != best; });
}

}  // namespace

Expansion expansion_for(Algorithm algorithm) {
  const bool alone = algorithm == Algorithm::apart || algorithm == Algorithm::no_sharing;
  return {alone, alone};
}

void apply_mode(Algorithm algorithm, const Problem& problem, AppOptions& options) {
  for (std::size_t a = 0; a < options.size(); ++a) {
    const Problem::App& app = problem.apps[a];
    std::vector<InstanceOption>& of_app = options[a];
    if (algorithm == Algorithm::no_sharing) {
      prefer(app, of_app, [](const auto& c) { return c.kind == Problem::Candidate::Kind::tail; });
      keep_frozen(of_app, least_frozen(of_app));
    }
    if (algorithm == Algorithm::max_sharing) {
      prefer(app, of_app, [](const auto& c) { return c.levels == 1; });
      keep_frozen(of_app, most_frozen(of_app));
    }
    if (algorithm == Algorithm::greedy) keep_most_exact(of_app);
  }
}

void fix_branchpoint(int frozen, AppOptions& options) {
  for (auto& of_app : options) {
    int count = least_frozen(of_app);
    for (const InstanceOption& option : of_app) {
      if (option.frozen <= frozen) count = std::max(count, option.frozen);
    }
    keep_frozen(of_app, count);
  }
}

std::vector<int> frozen_counts(const AppOptions& options) {
  std::vector<int> counts;
  for (const auto& of_app : options) {
    for (const InstanceOption& option : of_app) counts.push_back(option.frozen);
  }
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

}  // namespace mainstream
