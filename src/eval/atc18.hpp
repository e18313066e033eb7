// The workloads and the quality formula of the paper's authors (USENIX ATC 2018), for comparison with their
// published results. data/atc18/README.md describes both and names the sources.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "mainstream/scheduler.hpp"

namespace mainstream {

// Python's random.Random(seed): a Mersenne Twister with Python's way of seeding.
class PythonRandom {
 public:
  explicit PythonRandom(std::uint32_t seed);
  double next();  // as random(): 53 bits, below 1

 private:
  std::mt19937 engine_;
};

struct Atc18App {
  std::string curve;  // "flowers", .., "scramble"
  EventStatistics events;
};
using Atc18Workload = std::vector<Atc18App>;

// The first workloads with that many apps.
[[nodiscard]] std::vector<Atc18Workload> atc18_workloads(int apps, int count);

[[nodiscard]] double atc18_f1(const EventStatistics& events, double tpr, double fpr, double fps);

inline constexpr double kAtc18StreamFps = 10;
inline constexpr std::array<double, 10> kAtc18Rates{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

// A workload's problem, with the quality of every candidate at every rate as options. `curves` has one stem
// and the apps' candidates; an app flowers-1 has the curve of flowers. Throws untrusted where one is missing.
[[nodiscard]] Problem atc18_problem(const Problem& curves, const Atc18Workload& workload, double budget);
// The same for apps that share nothing: the least frozen candidates alone, also at 0.1, 0.2 .. 0.9 frames per
// second.
[[nodiscard]] Problem atc18_problem_alone(const Problem& curves, const Atc18Workload& workload,
                                          double budget);

}  // namespace mainstream
