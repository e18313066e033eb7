#include "train/exits/exit_levels.hpp"

#include <algorithm>

#include "train/branchpoint_choice.hpp"
#include "train/recipe.hpp"

namespace mainstream {
namespace {

void add(const ExitReads& together, std::vector<ExitReads>& all) {
  if (together.size() < 2 || std::ranges::find(all, together) != all.end()) return;
  all.push_back(together);
}

}  // namespace

std::vector<Branchpoint> choose_exit_branchpoints(const Base& base, const TrainOptions& options) {
  std::vector<Branchpoint> chosen = choose_branchpoints(base, options, recipe::kBranchpoints);
  chosen.push_back(base.branchpoint(base.features));
  std::erase_if(chosen, [](const Branchpoint& point) { return point.layers == 0; });
  std::ranges::sort(chosen, {}, &Branchpoint::layers);
  const auto repeated = std::ranges::unique(chosen, {}, &Branchpoint::layers);
  chosen.erase(repeated.begin(), repeated.end());
  return chosen;
}

std::vector<ExitReads> exit_reads(const std::vector<Branchpoint>& branchpoints) {
  std::vector<ExitReads> all;
  for (std::size_t i = 0; i < branchpoints.size(); ++i) all.push_back({i});
  ExitReads middle, last;
  for (std::size_t i = 0; i < branchpoints.size(); ++i) {
    const double fraction = branchpoints[i].fraction;
    if (fraction >= recipe::kMiddleFrom - 0.005 && fraction <= recipe::kMiddleTo + 0.005) middle.push_back(i);
    if (i + recipe::kLastLevels >= branchpoints.size()) last.push_back(i);
  }
  add(middle, all);
  add(last, all);
  return all;
}

}  // namespace mainstream
