// Every constant of the training of exits and tails, in one place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mainstream::recipe {

// Ridge regression on clips.
inline constexpr std::array kStrengths{0.003, 0.01, 0.03, 0.1, 0.3};
inline constexpr std::size_t kFolds = 8;    // stretches in time, the same for all apps
inline constexpr double kGuardSeconds = 1;  // left out on both sides: neighbouring frames are nearly equal
inline constexpr std::int64_t kMostFrames = 4000;  // answered by models that did not see them
// Exits and tails learn from about so many plain frames a second; exits from so many at most, since solving
// takes as long as the cube of their number.
inline constexpr double kLearnedPerSecond = 5;
inline constexpr std::size_t kMostLearned = 1000;
// What a position shows is also shown by its neighbours: features are blurred by a Gaussian with this
// standard deviation, as a share of the picture's height and width.
inline constexpr double kBlur = 0.05;
// How an exit learns where to look (focused_ridge.hpp): the picture's cells along each side; a cell's kernel
// is weighted by (the energy of a first model's weights there / their mean energy + kLeastEnergy) ^ focus.
// The focus that errs least on the stretches is taken: an app may ask about one place, or about all.
inline constexpr std::size_t kCellsPerSide = 5;
inline constexpr double kLeastEnergy = 0.05;
inline constexpr std::array kFocuses{0.0, 4.0};

// The tensors that exits read: up to kBranchpoints single ones; and several together: those within these
// fractions of the multiply-adds, and the last ones.
inline constexpr int kBranchpoints = 10;
inline constexpr double kMiddleFrom = 0.38, kMiddleTo = 0.78;
inline constexpr std::size_t kLastLevels = 4;

// Prior of the sigmoid from scores to probabilities: a score of -1 or 1 means no or yes, so even odds are at
// 0 and a unit changes the probability by a half. Against this prior, a run of equal labels in the clip
// counts as kFramesPerRun independent frames.
inline constexpr double kSlope = 2;
inline constexpr double kFramesPerRun = 4;
inline constexpr double kSlopeTrust = 4, kOffsetTrust = 4;  // weight of the prior, in independent frames

// Thresholds of clips: the fraction of the way from even odds to the middle between the mean scores of both
// kinds of frames. docs/training.md has the rules that were tried.
inline constexpr double kMiddleTrust = 0.75;

// Intervals of tpr and fpr: the least and most independent frames that an event (or a gap between events) is
// worth. Later frames of the same camera come from another distribution (another hour, other people), which
// adds a constant to 1 / (number of examples).
inline constexpr double kOtherFrames = 0.2;
// The same for pictures, whose app will see other ones, by a camera: chosen on a composed stream of 22 events
// of each of 15 apps, where 33 % of the tpr of 178 exits were within their intervals without it, 79 % with
// it.
inline constexpr double kOtherPictures = 0.02;
inline constexpr double kLeastPerRun = 0.5, kMostPerRun = 1;

// Thresholds of packages that are measured on a clip: F1 of events is compared at the stream's rate and at
// this share of it, each with the best of so many votes; thresholds within so much of the highest F1 are as
// good, and none may take more than a share of the frames outside of events for positive. Figures are those
// of thresholds chosen without one of so many stretches of the clip.
inline constexpr double kLowerRate = 0.25;
inline constexpr int kFewVotes[] = {1, 2, 3};
inline constexpr double kNearlyBest = 0.03, kMostAlarms = 0.5;
inline constexpr std::size_t kStretches = 5;

// Ridge regression on pictures: one class against all others.
inline constexpr std::array kPictureStrengths{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0};
inline constexpr std::size_t kPictureFolds = 5;
// Matrix scaling of their scores: the weight of the prior, in pictures, and the classes beyond which it would
// take longer than the regressions. docs/training.md has the trials.
inline constexpr double kMixingTrust = 1;
inline constexpr std::size_t kMostMixedClasses = 100;
// Exits learn from changed views of as many pictures as make this many rows with the plain ones: solving
// takes as long as the cube of their number.
inline constexpr std::size_t kMostPictureRows = 4000;

// A candidate is dropped when another one that costs no more is better by over this many paired standard
// errors. The scheduler pools the evidence of all candidates, so doubtful ones are kept.
inline constexpr double kDroppedBeyond = 2;
// A tail costs more to make and to run: it must be better than every exit that costs no more.
inline constexpr double kTailBeyond = 1;

// The default number of tails. Where the best exit misses less than this, tails cannot improve on it.
inline constexpr int kTails = 3;
inline constexpr double kTailRoom = 0.02;
inline constexpr std::size_t kTailFolds = 4;  // of clips; pictures have the same for exits and tails
// How long and how fast tails learn. `rows_shown`: rows (plain and changed) that the shipped model sees,
// roughly; a fold's model sees as many epochs of fewer rows. docs/training.md has the measurements behind
// them.
struct TailLearning {
  double rows_shown = 0;
  double learning_rate = 0;  // at its peak, in the base's last layer
  std::size_t batch = 0;
};
inline constexpr TailLearning kClipTails{800, 3e-4, 16}, kPictureTails{30000, 5e-4, 32};
inline constexpr int kLeastEpochs = 2, kMostEpochs = 12;
inline constexpr double kHeadRate = 2;        // the head's learning rate / the last layer's
inline constexpr double kRateByLayer = 0.95;  // each layer's learning rate / the next layer's
inline constexpr double kMostGradient = 1;    // norm
inline constexpr double kAverageFrom = 0.5;   // weights are averaged after this fraction of the training

}  // namespace mainstream::recipe
