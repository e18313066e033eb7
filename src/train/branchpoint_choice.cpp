#include "train/branchpoint_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/json.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// Those nearest to `count` fractions that are evenly spaced from `least` to 1. Of branchpoints equally near,
// the later one: its tensor is further on for nearly the same cost.
std::vector<Branchpoint> spread(const Base& base, int count, double least) {
  std::vector<Branchpoint> chosen;
  for (int i = 0; i < count; ++i) {
    const double target = count == 1 ? 1 : 1 - (1 - least) * i / (count - 1);
    const auto nearest =
        std::ranges::min_element(base.branchpoints.rbegin(), base.branchpoints.rend(), {},
                                 [&](const Branchpoint& point) { return std::abs(point.fraction - target); });
    const bool known = std::ranges::any_of(
        chosen, [&](const Branchpoint& point) { return point.tensor == nearest->tensor; });
    if (!known) chosen.push_back(*nearest);
  }
  return chosen;
}

}  // namespace

std::vector<Branchpoint> choose_branchpoints(const Base& base, const TrainOptions& options, int usual) {
  std::vector<Branchpoint> chosen;
  if (!options.branchpoints.empty()) {
    for (const std::string& tensor : options.branchpoints) {
      const Branchpoint* point = base.find_branchpoint(tensor);
      if (point == nullptr) {
        std::string known;
        for (const Branchpoint& one : base.branchpoints) known += " " + one.tensor;
        throw Error(ErrorKind::usage, fmt::format("base {} has no branchpoint {}; it has{}", base.name,
                                                  in_quotes(tensor), known));
      }
      chosen.push_back(*point);
    }
  } else if (options.all_branchpoints) {
    chosen = base.branchpoints;
  } else {
    chosen =
        spread(base, options.branchpoint_count > 0 ? options.branchpoint_count : usual, options.least_frozen);
  }
  std::ranges::sort(chosen, std::greater(), &Branchpoint::layers);
  const auto repeated = std::ranges::unique(chosen, {}, &Branchpoint::layers);
  chosen.erase(repeated.begin(), repeated.end());
  return chosen;
}

}  // namespace mainstream
