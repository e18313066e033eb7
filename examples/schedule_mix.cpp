// Decides what a mix of apps runs on this machine, as `mainstream schedule --packages` does:
//
//   schedule_mix BASE.onnx FPS BUDGET PACKAGE.mpkg..
//
//   mean F1 0.91 for 38.2 of 40.0 ms/s
//   box          exit-14    5.0 frames/s, votes 2: F1 0.91
//
// FPS is the camera's frame rate, BUDGET the milliseconds of computing per second of stream that all apps together
// may take.
#include <cstdio>
#include <cstdlib>

#include "mainstream/engine.hpp"
#include "mainstream/error.hpp"
#include "mainstream/planning.hpp"

namespace {

int schedule(int argc, char** argv) {
  const double fps = std::atof(argv[2]);
  const double budget = std::atof(argv[3]);

  // A mix: apps of one camera (here) or of several, with what their packages tell of their candidates.
  const mainstream::Mix mix =
      mainstream::read_mix(argv[1], {argv + 4, argv + argc}, "camera", fps, /*width=*/768, /*height=*/576);

  // What every part of it costs here: from the profiles in the user's cache folder, measured where they lack
  // something (a few seconds, the first time).
  const mainstream::Engine engine({.threads = 1});
  const mainstream::Costs costs = mainstream::known_costs(engine, mix);

  // The planner can do baselines, too: {.mode = mainstream::Mode::no_sharing}.
  const mainstream::Planner planner(mix, {});
  const mainstream::MixPlan plan = planner.solve(costs, budget);
  if (!plan.schedule.feasible) {  // an answer, not an error
    std::printf("no schedule fits: %s\n", plan.schedule.reason.c_str());
    return mainstream::exit_code(mainstream::ErrorKind::infeasible);
  }

  std::printf("mean F1 %.2f for %.1f of %.1f ms/s\n", plan.schedule.mean_f1, plan.schedule.cost, budget);
  for (std::size_t app = 0; app < mix.apps.size(); ++app) {
    const mainstream::Setting& setting = plan.settings[app];
    std::printf("%-12s %-10s %4.1f frames/s, votes %d: F1 %.2f\n", mix.apps[app].name().c_str(),
                setting.candidate.c_str(), setting.fps, setting.votes, plan.schedule.apps[app].f1);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: schedule_mix BASE.onnx FPS BUDGET PACKAGE.mpkg..\n");
    return 2;
  }
  try {
    return schedule(argc, argv);
  } catch (const mainstream::Error& error) {  // the one type that all of Mainstream throws
    std::fprintf(stderr, "schedule_mix: %s\n", error.what());
    return mainstream::exit_code(error.kind());
  }
}
