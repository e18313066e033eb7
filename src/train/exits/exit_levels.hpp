// The tensors of the base that the exits of one training read.
#pragma once

#include <cstddef>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {

// The branchpoints asked for, else up to recipe::kBranchpoints, spread over the multiply-adds from
// options.least_frozen on. The features are always among them, the input never. In the base's order. Throws
// usage for a branchpoint that the base does not have.
[[nodiscard]] std::vector<Branchpoint> choose_exit_branchpoints(const Base& base,
                                                                const TrainOptions& options);

// Indices of the branchpoints that one exit reads together, ascending.
using ExitReads = std::vector<std::size_t>;

// Each branchpoint alone; those in the middle of the network together; the last ones together.
[[nodiscard]] std::vector<ExitReads> exit_reads(const std::vector<Branchpoint>& branchpoints);

}  // namespace mainstream
