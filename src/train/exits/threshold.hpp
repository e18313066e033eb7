// Thresholds of log odds at which an app's frame is positive.
#pragma once

#include <span>
#include <vector>

#include "train/exits/ridge.hpp"

namespace mainstream {

// The threshold of a clip: a point between the mean log odds of both kinds of frames, since few events
// determine little more than means, shrunk towards `even_odds`, the log odds at a score of 0 (recipe.hpp has
// the shares and how they were chosen). It is `even_odds` where one kind of frame is missing. The log odds
// must be of frames that the model has not seen.
[[nodiscard]] double middle_threshold(std::span<const double> log_odds, const std::vector<bool>& truth,
                                      double even_odds);

// The threshold of pictures: a point between even odds (0) and the threshold that is best for the pictures
// (choose_threshold). It is nearer to 0 the more the best threshold varies when one fold at a time is left
// out (jackknife). The log odds must be of pictures that the model has not seen, one for each row of the
// folds.
[[nodiscard]] double compromise_threshold(std::span<const double> log_odds, const std::vector<bool>& truth,
                                          std::span<const HeldOut> folds);

}  // namespace mainstream
