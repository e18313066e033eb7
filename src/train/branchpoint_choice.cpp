#include "train/branchpoint_choice.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "graph/passes.hpp"
#include "mainstream/error.hpp"
#include "train/recipe.hpp"

namespace mainstream {
namespace {

// Returns, in the base's order, the branchpoints nearest to `count` fractions that are evenly spaced from
// `least` to 1, without the last `skipped` ones.
std::vector<Branchpoint> spread(std::span<const Branchpoint> branchpoints, int count, double least,
                                int skipped = 0) {
  std::vector<Branchpoint> chosen;
  for (int i = skipped; i < count; ++i) {
    const double target = count == 1 ? 1 : 1 - (1 - least) * i / (count - 1);
    const Branchpoint& nearest = nearest_branchpoint(branchpoints, target);
    const bool known = std::ranges::find(chosen, nearest.tensor, &Branchpoint::tensor) != chosen.end();
    if (!known) chosen.push_back(nearest);
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
        throw Error(ErrorKind::usage, fmt::format("base {} has no branchpoint {}, expected one of:{}",
                                                  base.name, in_quotes(tensor), known));
      }
      chosen.push_back(*point);
    }
  } else if (options.all_branchpoints) {
    chosen = base.branchpoints;
  } else {
    chosen = spread(base.branchpoints, options.branchpoint_count > 0 ? options.branchpoint_count : usual,
                    options.least_frozen);
  }
  std::ranges::sort(chosen, std::greater(), &Branchpoint::layers);
  const auto repeated = std::ranges::unique(chosen, {}, &Branchpoint::layers);
  chosen.erase(repeated.begin(), repeated.end());
  return chosen;
}

std::vector<Branchpoint> choose_tail_branchpoints(const Base& base, const TrainOptions& options,
                                                  std::span<const Branchpoint> exits) {
  const bool asked =
      !options.branchpoints.empty() || options.all_branchpoints || options.branchpoint_count > 0;
  std::vector<Branchpoint> chosen = asked ? choose_branchpoints(base, options, 0)
                                          : spread(exits, recipe::kTails + 1, options.least_frozen, 1);
  std::erase_if(chosen, [&](const Branchpoint& point) { return point.tensor == base.features; });
  return chosen;
}

}  // namespace mainstream
