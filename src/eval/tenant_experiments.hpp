// The experiments with tenants: F1 and what it costs, over the number of apps, the budget and the votes.
#pragma once

#include <cstdint>
#include <vector>

#include "eval/tenant_grid.hpp"
#include "eval/tenant_runs.hpp"

namespace mainstream {

struct TenantOptions {
  std::vector<std::size_t> tenants;  // numbers of apps
  std::vector<double> shares;        // budgets, in whole bases at the stream's rate
  std::size_t mixes = 3;
  std::uint64_t seed = 1;
};

// Over the number of apps under one budget (options.shares has one): all methods on all candidates and on
// tails alone, what each of our additions brings, predicted F1 beside measured, and the first mix of each
// size in `real` (those the pool has apps for) really run, with each method and with Mainstream on tails.
ExperimentFiles run_tenants(const ExperimentSetup& setup, const TenantPools& pools,
                            const TenantOptions& options, const std::vector<std::size_t>& real,
                            const RealRunOptions& run);

// Over the budget, for each number of apps.
ExperimentFiles run_budget(const ExperimentSetup& setup, const TenantPools& pools,
                           const TenantOptions& options);

// Over the number of apps under one budget, with 1, 3, 5 and 7 votes for all apps and with chosen ones.
ExperimentFiles run_voting(const ExperimentSetup& setup, const TenantPools& pools,
                           const TenantOptions& options);

}  // namespace mainstream
