// M-Scheduler: chooses for each app of a mix a candidate, a frame rate and votes, so that all fit the budget
// and find as many events as possible. docs/scheduling.md describes the models and the algorithms.
//
// Plain values and pure functions: no files, no clock, no state; the same problem gives the same
// schedule. Any number of threads may call them.
#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/quality.hpp"

namespace mainstream {

// The problem to solve. All costs are in one unit per frame (with a profile: milliseconds), the budget is in
// that unit per second.
struct Problem {
  // The base's layers in one number type.
  struct LayerCosts {
    std::string number_type = "f32";
    std::vector<double> costs;  // by layer, in order of execution; not negative
  };

  // One camera's frames in one base, which apps can share. Apps of different stems share only the budget.
  struct Stem {
    std::string stream, base;             // names, for messages and schedules
    double stream_fps = 0;                // frames per second of the camera
    std::vector<double> fps_options;      // rates to choose from; ascending, positive, not above stream_fps
    std::vector<LayerCosts> layer_costs;  // one entry per number type, the most exact first; equally long
    // The stem and its apps may cost at most this much per second: one worker analyses its frames.
    double limit = std::numeric_limits<double>::infinity();
    // Whether Algorithm::apart and no_sharing may choose 0.1, 0.2, .., 0.9 frames per second besides
    // fps_options. Not in problems of packages, where all algorithms have the same rates.
    bool low_rates_alone = true;
  };

  struct MeasuredQuality {
    double fps = 0;
    Quality quality;
    int votes = 1;        // consecutive positive frames that make a detection
    double f1_error = 0;  // standard error of quality.f1; 0: unknown, or all events came out alike
  };

  // One way to run an app; it shares the base's first `frozen` layers. With several number types there is one
  // entry for each measured combination: the whole stem in `stem_type`, the rest in `tail_type` (indices into
  // Stem::layer_costs).
  struct Candidate {
    enum class Kind {
      tail,  // the rest of the base, fine-tuned from the branchpoint on
      exit,  // a head on tensors of the stem, up to the branchpoint
    };
    // Its name within the app, the same for all number types; empty: the frozen count as text.
    std::string id;
    Kind kind = Kind::tail;
    int levels = 1;  // number of stem tensors that it reads, the branchpoint's included
    int frozen = 0;
    double tpr = 0, fpr = 0;
    // The Brier skill score of its answers to single frames, at most 1: for pool_estimates.
    std::optional<double> skill;
    // Cost of one frame after the branchpoint, head included. Nothing: the base's layers from there on plus
    // head_cost.
    std::optional<double> own_cost;
    double head_cost = 0;  // the app's own head, which the base does not have
    // By ascending fps, then ascending votes; if not empty, it replaces the model of tpr and fpr. Among rows
    // of one fps the best counts, among equal ones the one with the fewest votes: see pool_estimates.
    std::vector<MeasuredQuality> measured;
    // `measured` is what a model makes of tpr and fpr. Then all rates share its errors, which do not say that
    // one rate may be taken for another.
    bool modelled = false;
    int stem_type = 0, tail_type = 0;
  };

  // One setting with known quality.
  struct Option {
    std::string candidate;  // its id; empty: the frozen count as text
    int frozen = 0;
    double fps = 0, f1 = 0;
    std::optional<double> recall, precision;
    int votes = 1;
    std::optional<double> own_cost;  // as Candidate::own_cost
    double head_cost = 0;
    int stem_type = 0, tail_type = 0;
  };

  struct App {
    std::string id;
    std::size_t stem = 0;  // index into stems
    double weight = 1;     // weight in the mean; positive
    std::optional<double> min_fps, max_fps, min_f1;
    std::optional<double> fixed_fps;
    std::optional<int> fixed_frozen;             // all candidates of that branchpoint
    std::optional<std::string> fixed_candidate;  // by id
    EventStatistics events;
    std::vector<Candidate> candidates;  // either these, in any order,
    std::vector<Option> options;        // or these
  };

  std::string name;
  double budget = 0;
  std::vector<Stem> stems;
  std::vector<App> apps;
};

// Throws untrusted; the message names the field ("apps[2].candidates[0].tpr") and the expected value.
void validate(const Problem& problem);

enum class Algorithm {
  automatic,    // optimal if it proves its schedule before `stop`, otherwise the better of optimal and fast
  optimal,      // exact; if stopped before the proof, the best found, with a bound
  fast,         // near the optimum at any size
  greedy,       // the paper's heuristic
  fixed,        // the best single branchpoint for all apps, with free frame rates and candidates there
  max_sharing,  // every app at its last branchpoint, with candidates that read only that tensor
  // Every app alone: the layers before its branchpoint run for it only. More rates are allowed, see
  // Stem::low_rates_alone.
  apart,       // with its best candidate
  no_sharing,  // with its least frozen tail (if it has none, its least frozen candidate)
};

enum class Objective {
  mean,     // the highest (weighted) mean F1, then the lowest cost
  max_min,  // the highest minimum F1, then the highest mean, then the lowest cost
};

[[nodiscard]] const char* to_string(Algorithm algorithm);  // "auto", "max-sharing", ..
[[nodiscard]] const char* to_string(Objective objective);  // "mean", "max-min"
[[nodiscard]] std::optional<Algorithm> algorithm_from(const std::string& name);
[[nodiscard]] std::optional<Objective> objective_from(const std::string& name);

// One app's choice.
struct Choice {
  std::string candidate;  // id
  int frozen = 0;
  double fps = 0;
  int votes = 0;  // consecutive positive frames that make a detection; in evaluate, 0: the best
  int stem_type = 0, tail_type = 0;
  bool operator==(const Choice&) const = default;
};

struct Schedule {
  struct App {
    std::string id;
    Choice choice;
    double f1 = 0;
    std::optional<double> recall, precision;  // nothing for options that do not give them
    double own_cost = 0;                      // per second, for all that it does not share
  };
  // A range of layers that is shared at one rate and in one number type.
  struct Segment {
    std::size_t stem = 0;
    int first_layer = 0, end_layer = 0;  // [first, end)
    double fps = 0;
    int number_type = 0;  // index into Stem::layer_costs
    double cost = 0;      // per second
  };

  Algorithm algorithm = Algorithm::automatic;  // as asked for
  Objective objective = Objective::mean;
  // Whether the schedule keeps the budget and all limits. If not, `reason` names the conflict, and the
  // schedule is the cheapest one that keeps the limits (without apps if there is none).
  bool feasible = false;
  std::string reason;
  double budget = 0, cost = 0;  // per second
  double mean_f1 = 0, min_f1 = 0;
  double spent = 0;  // the part of the cost that spend_rest added
  // No schedule has a higher mean (for max-min: a higher minimum), whatever the algorithm. Nothing: unknown.
  std::optional<double> bound;
  bool proven = false;          // optimal, including the second and third objectives
  double price = 0;             // about the gain in the mean from one more unit of budget
  std::vector<App> apps;        // in the problem's order
  std::vector<Segment> shared;  // by stem, in order of layers
};

struct SolveOptions {
  Algorithm algorithm = Algorithm::automatic;
  Objective objective = Objective::mean;
  // Called repeatedly; when it returns true, the search ends with the best schedule so far. Fast algorithms
  // never call it.
  std::function<bool()> stop;
  // A schedule in force (of the same apps, or some of them) to begin the search with.
  const Schedule* current = nullptr;
};

// For SolveOptions::stop: true once so much time has passed since this call.
[[nodiscard]] inline std::function<bool()> stop_after(std::chrono::duration<double> time) {
  return [deadline = std::chrono::steady_clock::now() + time] {
    return std::chrono::steady_clock::now() > deadline;
  };
}

// Throws untrusted for an invalid problem. An infeasible problem is a result, not an error.
[[nodiscard]] Schedule solve(const Problem& problem, const SolveOptions& options = {});

// Spends the rest of the budget of a feasible schedule on higher rates of the same candidates, which shorten
// the delay until an event is reported. The step that costs least per saved second comes first. Only for
// measured candidates (not modelled ones), within the app's limits, and as long as F1 falls by no more than
// half its error, which counts as 0.02 at least. Throws usage for a schedule of another problem.
[[nodiscard]] Schedule spend_rest(const Problem& problem, const Schedule& schedule);

// Cost and quality of given choices, one per app in the problem's order; `algorithm` and `bound` are not set.
// An empty candidate stands for the frozen count as text; otherwise `frozen` is ignored. With `alone`, apps
// share nothing, as in `apart` and `no_sharing`. Feasible means within the budget; limits are not checked.
// Throws usage for a choice that the app does not have, and for stem number types that conflict (they must be
// equal at one branchpoint and must not get more exact with depth).
[[nodiscard]] Schedule evaluate(const Problem& problem, const std::vector<Choice>& choices,
                                bool alone = false);

// The name of a candidate in problems, choices and schedules.
[[nodiscard]] std::string candidate_id(const Problem::Candidate& candidate);
[[nodiscard]] std::string candidate_id(const Problem::Option& option);

// True if cost <= budget, with a tolerance for sums of floating-point numbers.
[[nodiscard]] bool within_budget(double cost, double budget);

}  // namespace mainstream
