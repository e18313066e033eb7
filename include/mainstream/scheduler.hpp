// M-Scheduler: for each app of a mix a candidate, a frame rate and votes, so that the whole fits the
// budget and finds as many events as it can. docs/scheduling.md has the models and the algorithms.
//
// Plain values and pure functions: no files, no clock, no state; the same problem gives the same
// schedule. Any number of threads may call them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mainstream/quality.hpp"

namespace mainstream {

// What is to be scheduled. Costs are in any one unit per frame (with a profile: milliseconds), the budget in
// that unit per second.
struct Problem {
  // Layers run at one precision.
  struct LayerCosts {
    std::string precision = "f32";
    std::vector<double> costs;  // of each layer, in order of execution; not negative
  };

  // One camera's frames going through one base: what apps can share. Apps of different stems share nothing
  // but the budget.
  struct Stem {
    std::string stream, base;             // names, for messages and answers
    double stream_fps = 0;                // frames per second that the camera gives
    std::vector<double> fps_options;      // that may be chosen; ascending, positive, not above stream_fps
    std::vector<LayerCosts> layer_costs;  // one entry per precision, the most exact first; equally long
  };

  struct MeasuredQuality {
    double fps = 0;
    Quality quality;
    int votes = 1;        // consecutive positive frames that made a detection
    double f1_error = 0;  // standard error of quality.f1; 0 where it is not known
  };

  // One way to answer for an app; what it shares are the base's first `frozen` layers. With several
  // precisions there is one entry for each combination that was measured: with the whole stem at
  // `stem_precision` and the rest at `tail_precision` (indices into Stem::layer_costs).
  struct Candidate {
    enum class Kind {
      tail,  // the rest of the base, fine-tuned from the branchpoint on
      exit,  // a head on what the stem has computed up to the branchpoint
    };
    // Its name within the app, the same in the entries of all precisions; empty: the frozen count as text.
    std::string id;
    Kind kind = Kind::tail;
    int levels = 1;  // tensors of the stem that it reads, the branchpoint's among them
    int frozen = 0;
    double tpr = 0, fpr = 0;
    // Of one frame behind the branchpoint, head and all. Nothing: the base's layers from there on, and
    // head_cost.
    std::optional<double> own_cost;
    double head_cost = 0;  // of the app's own head, which the base does not have
    // By ascending fps, of one fps by ascending votes; where there is any, it is preferred to what the model
    // makes of tpr and fpr. Of several rows of one fps the best counts, of equal ones that with fewest votes:
    // see pool_estimates.
    std::vector<MeasuredQuality> measured;
    int stem_precision = 0, tail_precision = 0;
  };

  // One point with its quality known already.
  struct Option {
    std::string candidate;  // its id; empty: the frozen count as text
    int frozen = 0;
    double fps = 0, f1 = 0;
    std::optional<double> recall, precision;
    int votes = 1;
    std::optional<double> own_cost;  // as of a candidate
    double head_cost = 0;
    int stem_precision = 0, tail_precision = 0;
  };

  struct App {
    std::string id;
    std::size_t stem = 0;  // index into stems
    double weight = 1;     // in the mean; positive
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

// Throws untrusted, naming the field ("apps[2].candidates[0].tpr") and what would be right.
void validate(const Problem& problem);

enum class Algorithm {
  automatic,    // optimal if it proves its answer before `stop`, else the better of optimal and fast
  optimal,      // exact; when stopped before the proof, the best found with a bound
  fast,         // near the optimum at any size
  greedy,       // the paper's heuristic
  fixed,        // the best single branchpoint for all apps, with free frame rates and candidates there
  max_sharing,  // every app at its last branchpoint, with candidates that read that alone
  // Every app alone: whatever is before its branchpoint runs for it only. Rates 0.1 .. 0.9 are allowed too,
  // unless fps_options go down to 0.1 by themselves.
  apart,       // with whichever candidate is best for it
  no_sharing,  // with its least frozen tail (where it has none, its least frozen candidate)
};

enum class Objective {
  mean,     // the highest (weighted) mean F1, then the lowest cost
  max_min,  // the highest minimum F1, then the highest mean, then the lowest cost
};

[[nodiscard]] const char* to_string(Algorithm algorithm);  // "auto", "max-sharing", ..
[[nodiscard]] const char* to_string(Objective objective);  // "mean", "max-min"
[[nodiscard]] std::optional<Algorithm> algorithm_from(const std::string& name);
[[nodiscard]] std::optional<Objective> objective_from(const std::string& name);

// What one app runs.
struct Choice {
  std::string candidate;  // id
  int frozen = 0;
  double fps = 0;
  int votes = 0;  // consecutive positive frames that make a detection; for evaluate: 0 stands for the best
  int stem_precision = 0, tail_precision = 0;
  bool operator==(const Choice&) const = default;
};

struct Schedule {
  struct App {
    std::string id;
    Choice choice;
    double f1 = 0;
    std::optional<double> recall, precision;  // unknown for options that do not tell
    double own_cost = 0;                      // per second, of all that it shares with nobody
  };
  // A run of layers that is shared at one rate and precision.
  struct Segment {
    std::size_t stem = 0;
    int first_layer = 0, end_layer = 0;  // [first, end)
    double fps = 0;
    int precision = 0;
    double cost = 0;  // per second
  };

  Algorithm algorithm = Algorithm::automatic;  // as asked for
  Objective objective = Objective::mean;
  // Whether the budget and all limits are kept. If not, `reason` tells what clashes, and the rest is the
  // cheapest schedule that keeps the limits (no apps at all if not even that exists).
  bool feasible = false;
  std::string reason;
  double budget = 0, cost = 0;  // per second
  double mean_f1 = 0, min_f1 = 0;
  double spent = 0;  // of the cost: by spend_rest
  // No schedule can have a better mean (for max-min: a better minimum), whatever the algorithm. Nothing when
  // none is known.
  std::optional<double> bound;
  bool proven = false;          // this is an optimum, including the second and third aims
  double price = 0;             // what one more unit of budget would add to the mean, about
  std::vector<App> apps;        // in the problem's order
  std::vector<Segment> shared;  // by stem, in order of layers
};

struct SolveOptions {
  Algorithm algorithm = Algorithm::automatic;
  Objective objective = Objective::mean;
  // Asked now and then; when it says true, the search ends with what it has. Never asked by the algorithms
  // that end quickly by themselves.
  std::function<bool()> stop;
  // A schedule in force (of the same apps, or of some of them): searched from there first.
  const Schedule* current = nullptr;
};

// Throws untrusted for an invalid problem. No feasible schedule is an answer, not an error.
[[nodiscard]] Schedule solve(const Problem& problem, const SolveOptions& options = {});

// Spends what a feasible schedule of this problem leaves of the budget on higher rates of the same
// candidates, since they shorten the delay until an event is told: what costs least for a second less first.
// Only where the candidate's quality was measured with errors, within the app's limits, and as long as F1
// falls by no more than half its error. Throws usage for a schedule of another problem.
[[nodiscard]] Schedule spend_rest(const Problem& problem, const Schedule& schedule);

// Cost and quality of given choices, one per app in the problem's order; `algorithm` and `bound` say nothing.
// An empty candidate stands for the frozen count as text, which is not looked at otherwise. With `alone`,
// apps share nothing, as in `apart` and `no_sharing`. Feasible means: within the budget; limits are not
// looked at. Throws usage for a choice that the app does not have, or for stem precisions that cannot go
// together (those of deeper branchpoints must not be more exact, and those of one branchpoint must be the
// same).
[[nodiscard]] Schedule evaluate(const Problem& problem, const std::vector<Choice>& choices,
                                bool alone = false);

// The name that problems, choices and schedules have for a candidate.
[[nodiscard]] std::string candidate_id(const Problem::Candidate& candidate);
[[nodiscard]] std::string candidate_id(const Problem::Option& option);

// cost <= budget, with the tolerance that sums of floating-point numbers need.
[[nodiscard]] bool within_budget(double cost, double budget);

}  // namespace mainstream
