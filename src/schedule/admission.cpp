// Whether a new app can join a mix.
#include <fmt/format.h>

#include "mainstream/error.hpp"
#include "mainstream/schedule_advice.hpp"

namespace mainstream {

Admission admit(const Problem& problem, const SolveOptions& options) {
  if (problem.apps.size() < 2)
    throw Error(
        ErrorKind::usage,
        fmt::format("expected a mix of at least 2 apps, the last of them new, got {}", problem.apps.size()));
  Problem running = problem;
  running.apps.pop_back();
  Admission admission;
  admission.before = solve(running, options);
  SolveOptions from_here = options;
  if (admission.before.feasible) from_here.current = &admission.before;
  admission.after = solve(problem, from_here);
  if (!admission.before.feasible) {
    admission.reason = "the mix without it does not fit: " + admission.before.reason;
  } else if (!admission.after.feasible) {
    admission.reason = problem.apps.back().id + " cannot join: " + admission.after.reason;
  }
  if (!admission.reason.empty()) return admission;
  for (std::size_t a = 0; a < running.apps.size(); ++a) {
    admission.others.push_back({a, admission.before.apps[a].f1, admission.after.apps[a].f1});
  }
  return admission;
}

}  // namespace mainstream
