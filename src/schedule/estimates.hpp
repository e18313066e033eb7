// What few events tell of many candidates, put together before anything is chosen.
#pragma once

#include "mainstream/scheduler.hpp"

namespace mainstream {

// A problem whose candidates have tables of measured quality over frame rates and votes, each figure with its
// error, and in its place pooled estimates: one row for each rate, with the votes that are best there (fewer
// where more bring next to nothing), the quality to be expected and its error. Of many noisy figures the
// highest is mostly the luckiest, so each is drawn towards what is known of the app, of the candidate's skill
// on single frames, of that candidate in the mix's other apps of the same base, and of candidates of its kind
// nearby (docs/scheduling.md, "Estimates").
// Without errors, and with nothing to compare with, figures stay as they are. Candidates without a table
// stay as they are. Modelled tables lose their errors in the end.
[[nodiscard]] Problem pool_estimates(Problem problem);

}  // namespace mainstream
