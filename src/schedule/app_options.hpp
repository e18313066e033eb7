// The options of an app: every combination of a candidate and a frame rate, with its quality and own cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

struct AppOption {
  std::uint32_t entry = 0;  // index into the app's candidates, or options
  int frozen = 0;           // layers before its branchpoint
  int shared = 0;           // how many of those others may share: all, or none
  int votes = 1;
  int stem_type = 0, tail_type = 0;  // number types, as indices into Problem::Stem::layer_costs
  int level = 0;                     // index into StemGrid::levels; 0 shares nothing
  int rate = 0;                      // index into StemGrid::rates, from 1; 0 stands for "does not run"
  double fps = 0;
  double own_cost = 0;  // per second
  double f1 = 0;
  double value = 0;  // f1 times the app's weight; all apps' values add up to `apps` times the weighted mean
  double recall = kUnknown, precision = kUnknown;

  static constexpr double kUnknown = -1;  // no std::optional: there may be millions of options
};

using AppOptions = std::vector<std::vector<AppOption>>;  // by app

// How `expand` makes options of a problem.
struct Expansion {
  bool alone = false;      // nothing is shared: the layers before a branchpoint are the app's own cost
  bool low_rates = false;  // adds the rates of Problem::Stem::low_rates_alone
};

// All options of every app, limits not applied, tails' tpr and fpr corrected (see corrected_candidates).
// Levels and rates are not set.
[[nodiscard]] AppOptions expand(const Problem& problem, const Expansion& how);

// Whether `option` can replace `other` in any schedule: same branchpoint and stem number type, no higher
// rate, no higher cost, no lower F1.
[[nodiscard]] bool dominates(const AppOption& option, const AppOption& other);

// Drops dominated options, and sorts the rest by branchpoint, then rate.
void drop_dominated_options(std::vector<AppOption>& options);

// The id of the option's candidate.
[[nodiscard]] std::string candidate_of(const Problem::App& app, const AppOption& option);

[[nodiscard]] Choice choice_of(const Problem::App& app, const AppOption& option);

// The index of the option that a choice names; choice.votes == 0 matches any votes. Nothing when the app has
// no such option.
[[nodiscard]] std::optional<std::size_t> find_option(const Problem::App& app,
                                                     const std::vector<AppOption>& options,
                                                     const Choice& choice);

}  // namespace mainstream
