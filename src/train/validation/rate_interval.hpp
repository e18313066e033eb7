// How sure a rate of answers is.
#pragma once

#include <vector>

#include "mainstream/package.hpp"

namespace mainstream {

// 90 % for the share of positive answers among the examples whose truth is `kind`: Wilson's interval (1927).
// The examples of a run of equal truths are counted as one cluster: neighbouring frames tell the same. How
// many examples that do not depend on each other that makes is read off how much runs differ; that the frames
// to come are of another lot widens it further (recipe.hpp). [0, 1] where no example is of that kind.
[[nodiscard]] Interval interval_in_time(const std::vector<bool>& answers, const std::vector<bool>& truth,
                                        bool kind);

// The same where no example depends on another.
[[nodiscard]] Interval interval_of_independent(const std::vector<bool>& answers,
                                               const std::vector<bool>& truth, bool kind);

}  // namespace mainstream
