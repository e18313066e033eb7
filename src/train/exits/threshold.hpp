// At which log odds an app's frame is positive.
#pragma once

#include <span>
#include <vector>

#include "train/exits/ridge.hpp"

namespace mainstream {

// Between even odds (0) and the threshold that suits the frames best (choose_threshold), the nearer to 0 the
// more the latter differs between the frames without one fold and without another (jackknife). The log odds
// are of frames that the model has not seen, one for each row of the folds.
[[nodiscard]] double compromise_threshold(std::span<const double> log_odds, const std::vector<bool>& truth,
                                          std::span<const HeldOut> folds);

}  // namespace mainstream
