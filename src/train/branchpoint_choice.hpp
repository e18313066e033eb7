// Which branchpoints get a candidate.
#pragma once

#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {

// From the most frozen to the least. Throws usage for a branchpoint that the base does not have.
[[nodiscard]] std::vector<Branchpoint> choose_branchpoints(const Base& base, const TrainOptions& options);

}  // namespace mainstream
