// Confidence intervals of rates.
#pragma once

#include <vector>

#include "mainstream/package.hpp"

namespace mainstream {

// The 90 % interval of the share of positive answers among the examples whose truth is `kind`: Wilson's
// interval (1927). The examples of a run of equal truths form one cluster, since neighbouring frames are
// nearly equal. The effective sample size follows from how much runs differ; the interval is widened further
// because later frames come from another distribution (recipe.hpp). [0, 1] where no example is of that kind.
[[nodiscard]] Interval interval_in_time(const std::vector<bool>& answers, const std::vector<bool>& truth,
                                        bool kind);

// The same for pictures in any order, none of which depends on others. Here, too, the interval is widened,
// since the app will see other pictures.
[[nodiscard]] Interval interval_of_pictures(const std::vector<bool>& answers, const std::vector<bool>& truth,
                                            bool kind);

}  // namespace mainstream
