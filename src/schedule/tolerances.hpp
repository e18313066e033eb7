// Every tolerance of the scheduler, with its reason.
//
// F1 values lie between 0 and 1 and at most a few thousand of them are added up, so sums are exact to about
// 1e-12; tolerances on value are absolute. Costs come in any unit, so tolerances on cost are relative.
#pragma once

#include <algorithm>

namespace mainstream {

// Values, F1 and costs (relative to max(1, cost)) that differ by less are equal: far above rounding, far
// below what any measurement can tell. Ties between schedules are decided with it.
inline constexpr double kEqual = 1e-9;
// A search for a higher value asks for this much more than the best known: a tenth of kEqual, so that nothing
// that counts as better is lost, but above rounding, so that the known schedule is not found again.
inline constexpr double kLeastGain = 1e-10;

// The search for a price ends when a price brings no more worth than this beyond what its neighbours bring ..
inline constexpr double kPriceGain = 1e-10;
// .. and the next price would differ by less than this part.
inline constexpr double kPriceChange = 1e-9;

// A move of the local search must gain this part of the worth: just above rounding, so that it cannot go
// round in circles.
inline constexpr double kMoveGain = 1e-12;

// The proof of a relaxation may leave this gap in value: a tenth of kLeastGain, so that it does not hide a
// gain.
inline constexpr double kProofGap = 1e-11;
// The proof of the cheapest schedule may leave this part of its cost, for the same reason.
inline constexpr double kCheapestProofGap = 1e-12;
// A lower bound on cost refutes a budget when it is above it by this part: ten times kEqual, so that no
// schedule that counts as within the budget is excluded.
inline constexpr double kClearlyOver = 1e-8;

// A detection probability below this is rounding.
inline constexpr double kNoDetection = 1e-12;
// The chance of a miss below which a longer event changes no digit of F1.
inline constexpr double kNoMiss = 1e-18;
// The decay of a chain over votes is constant when it changes by less: the rounding of a quotient near 1.
inline constexpr double kSettledDecay = 1e-15;

// A least-squares fit of F1 has settled when no effect changes by more.
inline constexpr double kSettledFit = 1e-10;
// A variance of F1 below this counts as none, so that weights stay finite.
inline constexpr double kNoVariance = 1e-10;

// How far a cost may exceed a budget and still be within it: sums of floating-point numbers need some room.
[[nodiscard]] inline double budget_tolerance(double budget) {
  return kEqual * std::max(1.0, budget);
}

}  // namespace mainstream
