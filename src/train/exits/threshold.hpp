// Thresholds of log odds at which an app's frame is positive.
#pragma once

#include <span>
#include <vector>

namespace mainstream {

// The threshold of a clip: the middle between the mean log odds of both kinds of frames, since few events
// determine little more than means, shrunk towards `even_odds`, the log odds at a score of 0
// (recipe::kMiddleTrust). It is `even_odds` where one kind of frame is missing. The log odds
// must be of frames that the model has not seen.
[[nodiscard]] double middle_threshold(std::span<const double> log_odds, const std::vector<bool>& truth,
                                      double even_odds);

// The threshold of pictures, which do not show how rare events are: half of the highest F1 that frames of a
// stream would have, where events take up `frequency` (0 to 1) of the time. That is where F1 is highest for
// probabilities that hold (Lipton, Elkan and Naryanaswamy 2014); the log odds are those of the pictures'
// share of positive ones, so the difference of both shares' log odds is added (Saerens et al. 2002). The
// highest F1 is known well from few pictures; where it is reached is not. 0 where one kind of picture is
// missing. The log odds must be of pictures that the model has not seen.
[[nodiscard]] double rare_event_threshold(std::span<const double> log_odds, const std::vector<bool>& truth,
                                          double frequency);

}  // namespace mainstream
