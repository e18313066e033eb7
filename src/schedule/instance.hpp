// A problem made ready for the algorithms: every app's options with quality and cost, on the grid
// (branchpoint x frame rate) of its stem.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// One thing that an app can be set to.
struct InstanceOption {
  std::uint32_t entry = 0;  // index into the app's candidates, or options
  int frozen = 0;           // layers before its branchpoint
  int shared = 0;           // of those, the ones that others may share: all, or none
  int votes = 1;
  int stem_precision = 0, tail_precision = 0;
  int level = 0;  // index into InstanceStem::levels; 0 shares nothing
  int rate = 0;   // index into InstanceStem::rates, from 1; 0 stands for "does not run"
  double fps = 0;
  double own_cost = 0;
  double f1 = 0;
  double value = 0;  // f1 by the app's weight; values of all apps add up to `apps` times the weighted mean
  double recall = kUnknown, precision = kUnknown;

  static constexpr double kUnknown = -1;  // there are millions of options, and what is optional takes room
};

struct InstanceStem {
  std::vector<int> levels;    // ascending counts of shared layers, 0 first
  std::vector<double> rates;  // ascending, 0 first
  // segment_costs[p][j]: of one frame through the layers between level j-1 and j, j >= 1, when what they
  // feed was measured at stem precision p: at that precision, or a more exact one where that is cheaper.
  std::vector<std::vector<double>> segment_costs;
  std::vector<std::size_t> apps;
};

struct InstanceApp {
  std::size_t stem = 0;
  int last = 0;  // frozen count of its last branchpoint, as max_sharing has it
  std::vector<InstanceOption> options;
};

struct Instance {
  double budget = 0;
  std::vector<InstanceStem> stems;
  std::vector<InstanceApp> apps;
};

// An index into InstanceApp::options for every app.
using Assignment = std::vector<std::size_t>;

using AppOptions = std::vector<std::vector<InstanceOption>>;  // of each app

// What `expand` makes of a problem.
struct Expansion {
  bool alone = false;      // nothing is shared: what is before a branchpoint is the app's own cost
  bool low_rates = false;  // 0.1 .. 0.9 are allowed besides fps_options that begin above them
};

// Everything that every app could be set to, by the problem's data alone (no limits; accuracy curves
// corrected).
[[nodiscard]] AppOptions expand(const Problem& problem, const Expansion& how);

// Whether no app needs `other` where it can have `option`: of the same branchpoint and stem precision, it
// asks for no higher rate, costs no more and finds no less.
[[nodiscard]] bool is_as_good(const InstanceOption& option, const InstanceOption& other);

// Drops options that others are as good as. Puts the rest in order of branchpoint and rate.
void drop_dominated(std::vector<InstanceOption>& options);

[[nodiscard]] Choice choice_of(const Problem::App& app, const InstanceOption& option);
// The id of the option's candidate.
[[nodiscard]] std::string id_of(const Problem::App& app, const InstanceOption& option);
// Whether the choice names this option; of votes only if it names any.
[[nodiscard]] bool is_choice(const Problem::App& app, const InstanceOption& option, const Choice& choice);

// The grid for a selection of those options. Every app must have one at least.
[[nodiscard]] Instance make_instance(const Problem& problem, AppOptions options);

// The sum of the options' values.
[[nodiscard]] double value_of(const Instance& instance, const Assignment& assignment);

// Cost of an assignment per second; nothing when its stem precisions cannot go together.
[[nodiscard]] std::optional<double> assignment_cost(const Instance& instance, const Assignment& assignment);

}  // namespace mainstream
