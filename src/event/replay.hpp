// Replays recorded scores of a stream's frames at other frame rates and votes: which events would they give?
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "event/bootstrap.hpp"
#include "mainstream/event.hpp"

namespace mainstream {

// How scores become events, apart from the frame rate.
struct ReplayRule {
  float threshold = 0.5F;  // a score at or above it makes a frame positive
  int votes = 1;
  double merge_gap_s = 1;
};

// Frame rates worth measuring and choosing from: 0.1 to 30 in steps of 20 to 60 %, those below the
// stream's, then the stream's own.
[[nodiscard]] std::vector<double> rate_grid(double stream_fps);

// Votes worth measuring and choosing from.
inline constexpr int kVotesGrid[] = {1, 2, 3, 5, 7};

// The counts by cell (score_cells) when the frames due at `rate` are analysed: means over all phases, the
// places at which the even selection of frames can begin; over 20 of them, evenly spread, where there are
// more. Where nothing was true, one cell with the false alarms. Throws usage: scores and truth of different
// lengths or none, rates or a rule that mean nothing.
[[nodiscard]] std::vector<EventCounts> replay_cells(const Recording& recording, const ReplayRule& rule,
                                                    double rate);

// The event score at one rate and number of votes.
struct ReplayQuality {
  double fps = 0;
  int votes = 1;
  double recall = 0, precision = 0,
         f1 = 0;        // of the sums over all phases; precision 0 where nothing was told
  double f1_error = 0;  // standard error, of the same draws for all rows and candidates
  bool operator==(const ReplayQuality&) const = default;
};

// For each rate of rate_grid, ascending, each of kVotesGrid. Empty where the recording has no true event.
// Throws as replay_cells.
[[nodiscard]] std::vector<ReplayQuality> replay_table(const Recording& recording, float threshold,
                                                      double merge_gap_s);

// The correlation of the answers on neighbouring analysed frames within events, as the scheduler's quality
// model has it: after a miss, the next frame is a miss with probability (1 - p) + p * c. Mean over the rates
// of rate_grid at which there are misses; between 0 and 1; nothing when there are none. Throws as
// replay_cells.
[[nodiscard]] std::optional<double> answer_correlation(const Recording& recording, float threshold);

}  // namespace mainstream
