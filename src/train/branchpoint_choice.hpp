// Chooses the branchpoints that get a candidate.
#pragma once

#include <span>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {

// The branchpoints that options.branchpoints and the fields after it ask for, `usual` of them where no number
// is given, from the most frozen to the least. Throws usage for a branchpoint that the base does not have.
[[nodiscard]] std::vector<Branchpoint> choose_branchpoints(const Base& base, const TrainOptions& options,
                                                           int usual);

// The branchpoints where tails begin: as asked for, else recipe::kTails of the exits' branchpoints, evenly
// spread from options.least_frozen on. Never at the features: a tail there is an exit. From the most frozen
// to the least.
[[nodiscard]] std::vector<Branchpoint> choose_tail_branchpoints(const Base& base, const TrainOptions& options,
                                                                std::span<const Branchpoint> exits);

}  // namespace mainstream
