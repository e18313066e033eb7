#include "eval/atc18.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "mainstream/error.hpp"
#include "schedule/candidate_quality.hpp"

namespace mainstream {
namespace {

constexpr std::uint32_t kSeed = 1337;
constexpr std::array kCurves{"flowers", "cars",      "cats",   "trains",  "pedestrian",
                             "bus",     "schoolbus", "redcar", "scramble"};
constexpr std::array kLengthsMs{200.0, 400.0, 600.0, 800.0, 1000.0};
constexpr double kNothing = 1e-8;  // a recall or precision below this counts as 0

// The state that Python seeds its generator with: init_by_array of M. Matsumoto and T. Nishimura's MT19937
// with one key. As a seed sequence, since the standard's engine takes the words of one as its state.
class InitByArray {
 public:
  using result_type = std::uint32_t;

  explicit InitByArray(std::uint32_t key) : key_(key) {}

  template <typename Iterator>
  void generate(Iterator begin, Iterator end) const {
    const std::span<std::uint32_t> state(begin, end);
    state[0] = 19650218;
    for (std::uint32_t i = 1; i < state.size(); ++i) state[i] = 1812433253U * mixed(state[i - 1]) + i;
    std::size_t place = 1;
    const auto next = [&] {
      if (++place < state.size()) return;
      state[0] = state[state.size() - 1];
      place = 1;
    };
    for (std::size_t round = 0; round < state.size(); ++round, next())
      state[place] = (state[place] ^ (mixed(state[place - 1]) * 1664525U)) + key_;
    for (std::size_t round = 1; round < state.size(); ++round, next()) {
      state[place] =
          (state[place] ^ (mixed(state[place - 1]) * 1566083941U)) - static_cast<std::uint32_t>(place);
    }
    state[0] = 0x80000000U;
  }
  // What else a seed sequence must have.
  [[nodiscard]] std::size_t size() const { return 1; }
  template <typename Iterator>
  void param(Iterator out) const {
    *out = key_;
  }

 private:
  static std::uint32_t mixed(std::uint32_t word) { return word ^ (word >> 30); }

  std::uint32_t key_;
};

std::mt19937 engine_of(std::uint32_t seed) {
  InitByArray words(seed);
  return std::mt19937(words);
}

double miss(double positive, double frames, double stride, double correlation) {
  if (frames < stride) return 1 - positive * frames / stride;
  const double rest = std::fmod(frames, stride), again = (1 - positive) + positive * correlation;
  return ((stride - rest) * std::pow(again, std::floor(frames / stride) - 1) +
          rest * std::pow(again, std::ceil(frames / stride) - 1)) *
         (1 - positive) / stride;
}

const std::vector<Problem::Candidate>& curve_of(const Problem& curves, const std::string& name) {
  const auto app = std::ranges::find_if(
      curves.apps, [&](const Problem::App& a) { return a.id.substr(0, a.id.rfind('-')) == name; });
  if (app == curves.apps.end() || app->candidates.empty()) {
    throw Error(ErrorKind::untrusted,
                fmt::format("problem {}: no app {}-1 with candidates", curves.name, name));
  }
  return app->candidates;
}

Problem problem_of(const Problem& curves, const Atc18Workload& workload, double budget,
                   const std::vector<double>& rates, bool alone) {
  Problem problem;
  problem.name = "atc18";
  problem.budget = budget;
  problem.stems = curves.stems;
  problem.stems.front().stream_fps = kAtc18StreamFps;
  problem.stems.front().fps_options = rates;
  for (const Atc18App& given : workload) {
    Problem::App app;
    app.id = fmt::format("{}-{}", given.curve, problem.apps.size());
    std::vector<Problem::Candidate> candidates = corrected_candidates(curve_of(curves, given.curve));
    const int least = std::ranges::min_element(candidates, {}, &Problem::Candidate::frozen)->frozen;
    if (alone) std::erase_if(candidates, [&](const auto& candidate) { return candidate.frozen > least; });
    for (const Problem::Candidate& candidate : candidates) {
      for (const double fps : rates) {
        Problem::Option option;
        option.frozen = candidate.frozen;
        option.fps = fps;
        option.f1 = atc18_f1(given.events, candidate.tpr, candidate.fpr, fps);
        app.options.push_back(std::move(option));
      }
    }
    problem.apps.push_back(std::move(app));
  }
  return problem;
}

}  // namespace

PythonRandom::PythonRandom(std::uint32_t seed) : engine_(engine_of(seed)) {}

double PythonRandom::next() {
  const auto high = static_cast<double>(engine_() >> 5), low = static_cast<double>(engine_() >> 6);
  return (high * 0x1p26 + low) / 0x1p53;
}

std::vector<Atc18Workload> atc18_workloads(int apps, int count) {
  PythonRandom random(kSeed);
  const auto index = [&](std::size_t size) {
    return static_cast<std::size_t>(random.next() * static_cast<double>(size));
  };
  std::vector<Atc18Workload> workloads(static_cast<std::size_t>(count));
  for (Atc18Workload& workload : workloads) {
    for (int a = 0; a < apps; ++a) {
      Atc18App app;
      app.events.correlation = static_cast<double>(1 + index(9)) / 10;
      app.events.frequency = static_cast<double>(1 + index(10)) / 10;
      app.events.length_ms = kLengthsMs[index(kLengthsMs.size())];
      app.curve = kCurves[index(kCurves.size())];
      workload.push_back(std::move(app));
    }
  }
  return workloads;
}

double atc18_f1(const EventStatistics& events, double tpr, double fpr, double fps) {
  const double frames = events.length_ms / 1000 * fps, stride = kAtc18StreamFps / fps;
  const double recall = 1 - miss(tpr, frames, stride, events.correlation);
  const double reported = events.frequency * recall;
  const double alarms = (1 - events.frequency) * (1 - miss(fpr, frames, stride, events.correlation));
  if (recall < kNothing || reported < kNothing * (reported + alarms)) return 0;
  return f1_score(recall, reported / (reported + alarms));
}

Problem atc18_problem(const Problem& curves, const Atc18Workload& workload, double budget) {
  return problem_of(curves, workload, budget, {kAtc18Rates.begin(), kAtc18Rates.end()}, false);
}

Problem atc18_problem_alone(const Problem& curves, const Atc18Workload& workload, double budget) {
  std::vector<double> rates;
  for (int tenths = 1; tenths < 10; ++tenths) rates.push_back(tenths / 10.0);
  rates.insert(rates.end(), kAtc18Rates.begin(), kAtc18Rates.end());
  return problem_of(curves, workload, budget, rates, true);
}

}  // namespace mainstream
