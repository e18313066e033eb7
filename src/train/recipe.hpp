// Every number that exits and tails are made with, in one place.
#pragma once

#include <array>
#include <cstddef>

namespace mainstream::recipe {

// Ridge regression of clips.
inline constexpr std::array kStrengths{0.003, 0.01, 0.03, 0.1, 0.3};
inline constexpr std::size_t kFolds = 8;    // stretches in time, the same for all apps
inline constexpr double kGuardSeconds = 1;  // left out on both sides: neighbours are nearly the same picture
inline constexpr std::size_t kMostFrames = 4000;  // the kernel has so many rows and columns

// Which tensors exits read: up to so many single ones; and several together: those within these fractions of
// the multiply-adds, and the last ones.
inline constexpr int kBranchpoints = 10;
inline constexpr double kMiddleFrom = 0.38, kMiddleTo = 0.78;
inline constexpr std::size_t kLastLevels = 4;

// Probabilities from scores: a score of -1 or 1 means no or yes, so even odds are at 0 and a unit changes the
// probability by a half. What the clip says otherwise counts as if a run of equal labels was so many frames
// that do not depend on each other.
inline constexpr double kSlope = 2;
inline constexpr double kFramesPerRun = 4;
inline constexpr double kSlopeTrust = 4, kOffsetTrust = 4;  // in such frames, how sure the above is

// Thresholds of clips: so far from the mean score of other frames to that of positive ones, and so much of
// the way from even odds to there. Of 60 rules tried on four rolled cuts of the sample clip and two bases,
// those near this one lost 0.08 of F1 against the best threshold in hindsight; even odds lost 0.17, the best
// threshold on validation frames 0.12.
inline constexpr double kPositiveShare = 0.6, kMiddleTrust = 0.75;

// Thresholds of pictures: how far from even odds the best one is before a picture was seen, as a standard
// deviation of the log odds.
inline constexpr double kThresholdSpread = 0.5;

// Intervals of tpr and fpr: so many standard errors hold 90 %; each event (or gap between events) tells as
// much as so many frames that do not depend on each other, at least and at most. Other frames of the same
// camera are not drawn from the same lot (another hour, other people): that adds so much to 1 / (number of
// examples).
inline constexpr double kIntervalErrors = 1.645;
inline constexpr double kOtherFrames = 0.2;
inline constexpr double kLeastPerRun = 0.5, kMostPerRun = 1;

// Ridge regression of pictures: one class against all others.
inline constexpr std::array kPictureStrengths{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0};
inline constexpr std::size_t kPictureFolds = 5;

// A candidate is left out when another one that costs no more is better by over so many paired standard
// errors: the scheduler pools what is known of all, so what is doubtful stays.
inline constexpr double kDroppedBeyond = 2;
// A tail costs more to make and to run: it must be better than every exit that costs no more.
inline constexpr double kTailBeyond = 1;

// Tails: so many, when the user does not say. Where the best exit misses less than this, there is no room for
// them.
inline constexpr int kTails = 3;
inline constexpr double kTailRoom = 0.02;
inline constexpr std::size_t kTailFolds = 4, kPictureTailFolds = 3;
// Each fold's model sees about so many rows, in so many epochs.
inline constexpr double kClipRowsShown = 800, kPictureRowsShown = 10000;
inline constexpr int kLeastEpochs = 2, kMostEpochs = 12;
inline constexpr double kHeadRate = 2;        // the head's learning rate beside that of the last layer
inline constexpr double kRateByLayer = 0.95;  // each layer's beside that of the layer behind it
inline constexpr double kMostGradient = 1;    // norm
inline constexpr double kAverageFrom = 0.5;   // weights are averaged from this part of the training on

}  // namespace mainstream::recipe
