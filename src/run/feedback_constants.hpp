// Every number that feedback goes by, with its reason. docs/running.md, "Costs and feedback", tells how they
// work together.
#pragma once

namespace mainstream::feedback {

// Windows. Seconds of a stream that make one observation: at a few frames per second enough frames for a
// mean, and half of kOverSeconds, so that an overload is seen twice before it counts.
constexpr double kWindowSeconds = 2;
// A stream of which no frame came for three windows is away, and what was seen of it last is out of date.
constexpr double kAwaySeconds = 6;

// Costs. An observation loses two thirds of its weight in this time: five windows level out noise, and a
// machine that slows down is known before kRaiseWaitSeconds have passed.
constexpr double kCostMemorySeconds = 10;

// Budget. Rates reached to less than this share are a loss; a smaller lack is jitter of the counting.
constexpr double kReached = 0.95;
// The share of a measured capacity, or of a budget, that is planned for: what is left takes up fluctuation.
constexpr double kMargin = 0.95;
// A new estimate counts as much as the old one, since one window may be disturbed.
constexpr double kBudgetWeight = 0.5;
// The estimate stays above this share of the first one: a machine that was blocked for a while must be able
// to run something, or nothing would show that it recovered.
constexpr double kSmallestShare = 0.05;
// After this time without a loss the estimate grows by this factor: only a try tells whether there is more. A
// try that fails loses frames for seconds, so it must be rare and small.
constexpr double kProbeSeconds = 30, kProbeFactor = 1.05;

// Policy. A schedule that needs no more than this multiple of the budget stays, as does one that exceeded it
// for less than this time: a new schedule costs compilation, a short disturbance passes.
constexpr double kTolerance = 1.05;
constexpr double kOverSeconds = 4;
// Room for a better schedule is looked for when the present one needs so much less than it did when it was
// solved for, relative to the budget: twice kTolerance's slack, so both do not follow the same noise.
constexpr double kRoom = 0.10;
// Where room was found that was worth nothing, it is looked at again after this time: costs may have gone on
// falling by less than kRoom. A look costs up to half a second of one processor.
constexpr double kLookAgainSeconds = 60;
// A better schedule must promise so much more F1: less is within the error of the packages' estimates.
constexpr double kWorthwhileGain = 0.01;
// The time between a change and one that uses more: longer than costs take to follow (kCostMemorySeconds). It
// doubles, up to the longest, with each raise that had to be taken back within kMistakeSeconds, so that a
// disturbance that comes and goes does not make the schedule swing.
constexpr double kRaiseWaitSeconds = 15, kLongestRaiseWaitSeconds = 600;
constexpr double kMistakeSeconds = 60;

}  // namespace mainstream::feedback
