// Makes a plan from packages and their costs on this machine. `mainstream schedule --packages` and
// `mainstream run` both use it, so the same packages, machine and budget give the same schedule.
//
//   Mix (streams, bases, apps)  +  Costs (milliseconds per frame)  ->  Problem  ->  Schedule  ->  MixPlan
//
// A place in a base is the index of its branchpoint there (Base::branchpoints, 0: the picture). In the
// problem, layer 0 scales the picture and layer j is the base's segment that ends at branchpoint j, so a
// candidate with its branchpoint there has j + 1 frozen layers. docs/scheduling.md explains how the schedule
// is found.
#pragma once

#include <chrono>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/event.hpp"
#include "mainstream/package.hpp"
#include "mainstream/profile.hpp"
#include "mainstream/schedule_advice.hpp"
#include "mainstream/scheduler.hpp"

namespace mainstream {

// How apps are run and scheduled: Mainstream and its baselines.
enum class Mode {
  mainstream,   // the scheduler chooses each app's candidate and rate; shared layers run once
  fixed,        // the same, with the best single branchpoint for all apps
  max_sharing,  // every app at the last branchpoint; shared layers run once
  apart,        // every app by itself, with its best candidate
  no_sharing,   // every app by itself, with its least frozen candidate
};

[[nodiscard]] const char* to_string(
    Mode mode);  // "mainstream", "fixed", "max-sharing", "apart", "no-sharing"
[[nodiscard]] std::optional<Mode> mode_from(const std::string& name);
// Whether every app scales each frame and runs its whole network by itself.
[[nodiscard]] bool runs_alone(Mode mode);

// One app's settings, from the schedule to the event record. Mix::setting makes it.
struct Setting {
  std::string candidate;  // id
  double fps = 0;
  int votes = 1;  // consecutive positive frames that make a detection
  // The candidate was measured behind a stem of this type; the stem may run in a more exact one because other
  // apps need it.
  NumberTypes number_types;
  // From the package, for the values above.
  std::string branchpoint;
  float threshold = 0.5F;  // a score at or above it makes a frame positive
  bool operator==(const Setting&) const = default;
};

// Apps that run together, on any number of streams and bases.
struct Mix {
  // One camera's frames, or one part of each of them, in one base.
  struct Stem {
    std::string stream;         // name
    double fps = 0;             // frames per second of the stream
    int width = 0, height = 0;  // size of its pictures
    Region region = {};
    Base base;
    // Used by the apps' candidates; add_app fills them.
    std::vector<NumberType> number_types;  // the most exact, which is f32, first
    std::vector<std::size_t>
        branchpoints;  // indices in the base of branchpoints that some candidate reads, ascending
  };
  struct App {
    MPackage package;
    std::size_t stem = 0;
    std::vector<std::size_t> positive;   // indices of the classes that make an event
    std::string id;                      // in events and messages
    double weight = 1;                   // of its F1 in the mean
    std::optional<double> min_fps = {};  // the schedule gives it at least so many frames per second
    EventOverrides overrides = {};       // plans do not know of them

    [[nodiscard]] const Manifest& manifest() const { return package.manifest(); }
    [[nodiscard]] const std::string& name() const { return id; }
    // A plan's setting with the overrides: what really runs.
    [[nodiscard]] Setting overridden(Setting setting) const;
  };

  std::vector<Stem> stems;
  std::vector<App> apps;
  std::optional<CandidateKind> only;  // ignores candidates of another kind; set it before add_app

  // Verifies the package against the stem's base. Without an id the app gets the package's name for it.
  // Throws as MPackage does, and usage for an app that the stem already has or that has no candidate of the
  // `only` kind.
  void add_app(MPackage package, std::size_t stem = 0, std::string id = {});

  [[nodiscard]] bool counts(const Candidate& candidate) const { return !only || candidate.kind == *only; }

  // Takes less exact number types than this one from all stems; call it after add_app.
  void limit_number_types(NumberType least_exact);

  // The index of a branchpoint in the stem's base.
  [[nodiscard]] std::size_t place(std::size_t stem, const std::string& tensor) const;

  // Throws usage for a candidate that the app does not have, or that was not measured with these types.
  [[nodiscard]] Setting setting(std::size_t app, const std::string& candidate, double fps, int votes,
                                const NumberTypes& number_types = {}) const;
};

// Makes a mix of one stream and base with the apps of these packages. Throws as the readers of bases and
// packages do, and usage if there is no package.
[[nodiscard]] Mix read_mix(const std::filesystem::path& base,
                           const std::vector<std::filesystem::path>& packages, const std::string& stream,
                           double fps, int width, int height, std::optional<CandidateKind> only = {});

// Runs every candidate of a package once, in f32 behind its base, on a picture of noise (always the same).
// Throws untrusted for a candidate whose logits are not all finite: its scores would be no numbers. The
// package is verified against the base. Takes about as long as compiling the candidates.
void check_answers(const MPackage& package, const Base& base);

// The number types of the stem that a candidate may run with: f32 first, then the measured ones.
[[nodiscard]] std::vector<NumberTypes> number_types_of(const Candidate& candidate, const Mix::Stem& stem);

// One way to decode a stream, and what it takes.
struct DecodingWay {
  double fps = std::numeric_limits<double>::infinity();  // it serves apps up to this rate
  double ms_per_s = 0;                                   // core-milliseconds per second
  bool operator==(const DecodingWay&) const = default;
};

// By stream: its ways, each serving higher rates than the one before, the last any rate. A stream is decoded
// in the first way that serves its fastest app, and in the last while no app is planned on it.
using Decoding = std::map<std::string, std::vector<DecodingWay>>;

// Costs of a mix's parts: core-milliseconds for one frame, which is time on the clock times the engine's
// threads, since these wait for each other. They come from the cached profile; a run corrects them by
// observed times.
struct Costs {
  struct Stem {
    double scale_ms = 0;  // one picture
    // By number type: [i] is the segment from branchpoint i - 1 to branchpoint i, [0] is 0.
    std::map<NumberType, std::vector<double>> segment_ms;
  };
  using Own = std::pair<std::string, NumberType>;  // a candidate's id, and its network's number type

  std::vector<Stem> stems;
  std::vector<std::map<Own, double>> own_ms;  // by app: a candidate's own network
  Decoding decoding = {};                     // may have streams that the mix has not
};

// Reads the profiles in `folder`; measures missing costs and stores them there. The engine should be idle.
[[nodiscard]] Costs known_costs(const Engine& engine, const Mix& mix,
                                const std::filesystem::path& folder = cache_folder());

// How the processors are shared out: threads that analyse frames of different stems, and the engine's threads
// in each.
struct WorkerLayout {
  int workers = 1, threads = 1;
  bool operator==(const WorkerLayout&) const = default;
};

struct WorkerThroughput {
  WorkerLayout layout;
  double frames_per_s = 0;  // whole stems, all workers together
};

// Layouts that fill `cpus` processors, with no more workers than the mix has stems, and how many frames of
// its bases each analyses, measured in turns while another thread is busy a quarter of the time, as a decoder
// is. Takes about a second; the machine should be idle.
[[nodiscard]] std::vector<WorkerThroughput> measure_worker_layouts(const Mix& mix, int cpus);

// The layout with the most frames, and among nearly equal ones that with the fewest threads in a worker. Read
// from `folder`, or measured and stored there.
[[nodiscard]] WorkerLayout best_worker_layout(const Mix& mix, int cpus,
                                              const std::filesystem::path& folder = cache_folder());

// The engine's threads for a mix: as wanted, or for 0 those of the best layout on this machine.
[[nodiscard]] int engine_threads(int wanted, const Mix& mix);

// Costs without measuring: of bases from the profiles in `folder`; where there is none, and for apps' own
// networks, from their multiply-adds. They are good enough to see whether a mix can fit, and no more.
struct EstimatedCosts {
  Costs costs;
  std::vector<bool> measured;  // by stem: its base has a profile
};
[[nodiscard]] EstimatedCosts estimated_costs(const Engine& engine, const Mix& mix,
                                             const std::filesystem::path& folder = cache_folder());

// Converts the mix to a problem: packages' tables pooled (pool_estimates), rates from rate_grid. In modes
// that run apps alone, a candidate's stem and own network have one number type.
[[nodiscard]] Problem make_problem(const Mix& mix, const Costs& costs, double budget,
                                   Mode mode = Mode::mainstream);

// A schedule, with its settings and number types for the mix.
struct MixPlan {
  Schedule schedule;
  std::vector<Setting> settings;  // by app
  // By stem and branchpoint: the number type of the segment that ends there. A segment that no app runs has
  // the type of the previous one.
  std::vector<std::vector<NumberType>> stem_types;
  double decoding = 0;  // the part of the schedule's cost that decoding takes
};

// A search for the optimum ends after this time: apps wait for it.
inline constexpr std::chrono::milliseconds kSearchTime{500};

// Finds plans for one mix in one mode. Pure computation; the mix outlives it.
class Planner {
 public:
  struct Options {
    Mode mode = Mode::mainstream;
    Algorithm algorithm = Algorithm::automatic;  // for Mode::mainstream
    Objective objective = Objective::mean;
    // Most core-milliseconds per second for the networks of one stem: what one worker gives.
    double stem_limit = std::numeric_limits<double>::infinity();
  };
  Planner(const Mix& mix, const Options& options);

  // The best plan that costs at most `budget` core-milliseconds per second, decoding included;
  // `schedule.feasible` is false if there is none.
  [[nodiscard]] MixPlan solve(const Costs& costs, double budget) const;

  // Core-milliseconds per second for decoding all streams while the apps have these settings.
  [[nodiscard]] double decoding(const Costs& costs, const std::vector<Setting>& settings) const;

  // Cost and quality of given settings, feasible or not.
  [[nodiscard]] MixPlan evaluate(const Costs& costs, double budget,
                                 const std::vector<Setting>& settings) const;

  // For each app of a feasible plan of solve() for these costs: the setting that would give it more, and who
  // would pay for it, with streams decoded as they are. After kSearchTime, those of the first apps alone.
  [[nodiscard]] std::vector<std::optional<NextStep>> next_steps(const Costs& costs,
                                                                const MixPlan& plan) const;

  // Converts a schedule of make_problem's problem to a plan. It does not know of decoding.
  [[nodiscard]] MixPlan plan_of(Schedule schedule) const;

  [[nodiscard]] const Mix& mix() const { return mix_; }
  [[nodiscard]] const Options& options() const { return options_; }

 private:
  struct Solved;  // a schedule for streams that are decoded in given ways

  [[nodiscard]] Problem problem(const Costs& costs, double networks_budget) const;
  [[nodiscard]] MixPlan with_decoding(MixPlan plan, const Costs& costs, double budget) const;

  const Mix& mix_;
  const Options options_;
  const Problem described_;  // without costs
};

// The scheduler's algorithm for a mode; `wanted` if the mode leaves the choice.
[[nodiscard]] Algorithm algorithm_of(Mode mode, Algorithm wanted);

// The tensor after `frozen` layers of make_problem's problem; empty for 0.
[[nodiscard]] std::string tensor_of(const Base& base, int frozen);

}  // namespace mainstream
