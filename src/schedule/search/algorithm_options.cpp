#include "schedule/search/algorithm_options.hpp"

#include <algorithm>

namespace mainstream {
namespace {

void keep_frozen(std::vector<AppOption>& options, int frozen) {
  std::erase_if(options, [&](const AppOption& option) { return option.frozen != frozen; });
}

// Keeps the options of wanted candidates, or all when there is none. Options with given quality have no
// candidate to ask about, so they stay.
template <typename Wanted>
void prefer(const Problem::App& app, std::vector<AppOption>& options, const Wanted& wanted) {
  if (app.candidates.empty() || std::ranges::none_of(app.candidates, wanted)) return;
  std::erase_if(options, [&](const AppOption& option) { return !wanted(app.candidates[option.entry]); });
}

int least_frozen(const std::vector<AppOption>& options) {
  return std::ranges::min_element(options, {}, &AppOption::frozen)->frozen;
}

int most_frozen(const std::vector<AppOption>& options) {
  return std::ranges::max_element(options, {}, &AppOption::frozen)->frozen;
}

void keep_most_exact_types(std::vector<AppOption>& options) {
  const auto key = [](const AppOption& o) { return std::pair(o.stem_type, o.tail_type); };
  const auto best = key(*std::min_element(options.begin(), options.end(),
                                          [&](const auto& a, const auto& b) { return key(a) < key(b); }));
  std::erase_if(options, [&](const AppOption& option) { return key(option) != best; });
}

}  // namespace

Expansion expansion_for(Algorithm algorithm) {
  const bool alone = algorithm == Algorithm::apart || algorithm == Algorithm::no_sharing;
  return {alone, alone};
}

void keep_options_of(Algorithm algorithm, const Problem& problem, AppOptions& options) {
  for (std::size_t a = 0; a < options.size(); ++a) {
    const Problem::App& app = problem.apps[a];
    std::vector<AppOption>& of_app = options[a];
    if (algorithm == Algorithm::no_sharing) {
      prefer(app, of_app, [](const auto& c) { return c.kind == Problem::Candidate::Kind::tail; });
      keep_frozen(of_app, least_frozen(of_app));
    }
    if (algorithm == Algorithm::max_sharing) {
      prefer(app, of_app, [](const auto& c) { return c.levels == 1; });
      keep_frozen(of_app, most_frozen(of_app));
    }
    if (algorithm == Algorithm::greedy) keep_most_exact_types(of_app);
  }
}

void keep_branchpoint(int frozen, AppOptions& options) {
  for (auto& of_app : options) {
    int count = least_frozen(of_app);
    for (const AppOption& option : of_app) {
      if (option.frozen <= frozen) count = std::max(count, option.frozen);
    }
    keep_frozen(of_app, count);
  }
}

std::vector<int> frozen_counts(const AppOptions& options) {
  std::vector<int> counts;
  for (const auto& of_app : options) {
    for (const AppOption& option : of_app) counts.push_back(option.frozen);
  }
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

}  // namespace mainstream
