// Which branchpoints get a candidate.
#pragma once

#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {

// So many tails, when the user does not say.
inline constexpr int kTailBranchpoints = 6;

// As options.branchpoints and what follows there say; `usual` of them where no number is given. From the most
// frozen to the least. Throws usage for a branchpoint that the base does not have.
[[nodiscard]] std::vector<Branchpoint> choose_branchpoints(const Base& base, const TrainOptions& options,
                                                           int usual);

}  // namespace mainstream
