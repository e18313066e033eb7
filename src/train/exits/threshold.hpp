// At which log odds an app's frame is positive.
#pragma once

#include <span>
#include <vector>

#include "train/exits/ridge.hpp"

namespace mainstream {

// Of a clip: between the mean log odds of the frames of both kinds, which needs no more of a few events than
// their means, shrunk towards `even_odds`, the log odds at a score of 0 (recipe.hpp has the shares and how
// they were chosen). `even_odds` where one kind of frame is missing. The log odds are of frames that the
// model has not seen.
[[nodiscard]] double middle_threshold(std::span<const double> log_odds, const std::vector<bool>& truth,
                                      double even_odds);

// Of pictures: between even odds (0) and the threshold that suits the frames best (choose_threshold), the
// nearer to 0 the more the latter differs between the frames without one fold and without another
// (jackknife). The log odds are of frames that the model has not seen, one for each row of the folds.
[[nodiscard]] double compromise_threshold(std::span<const double> log_odds, const std::vector<bool>& truth,
                                          std::span<const HeldOut> folds);

}  // namespace mainstream
