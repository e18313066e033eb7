// Candidates of a clip's app before they go into a package.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "event/replay.hpp"
#include "mainstream/base.hpp"
#include "mainstream/package.hpp"

namespace mainstream {

// Probabilities on frames that the answering models did not learn from.
struct ClipAnswers {
  Recording recording;
  float threshold = 0.5F;
};

struct ClipCandidate {
  Candidate described;  // every field that does not depend on answers
  Graph graph;
  ClipAnswers exact;  // in f32
  std::map<NumberTypes, ClipAnswers> others;
};

// Answers with these log odds of present, on frames that the answering models did not learn from;
// `even_odds` as middle_threshold has it.
[[nodiscard]] ClipAnswers answers_of(std::span<const double> log_odds, const std::vector<bool>& truth,
                                     double fps, double even_odds);

// replay_table in the package's terms.
[[nodiscard]] std::vector<MeasuredQuality> measured_quality(const Recording& recording, float threshold,
                                                            double merge_gap_s);

// What these answers are worth, with intervals, event table and score table.
[[nodiscard]] AnswerQuality clip_quality(const ClipAnswers& answers, double merge_gap_s);

// The model of the app's events. `labels` hold one value per frame, `fps` is the stream's frame rate.
[[nodiscard]] EventModel measure_events(const std::vector<bool>& labels, double fps,
                                        std::span<const ClipCandidate> candidates);

// The F1 of events of the best candidate at the full rate with the best votes; runs closer than a second are
// one.
[[nodiscard]] double best_event_f1(std::span<const ClipCandidate> candidates);

// The one with that F1; of several the one that answers most frames rightly.
[[nodiscard]] const ClipCandidate& best_candidate(std::span<const ClipCandidate> candidates);

// The candidates worth packing, with their quality; the log says which were dropped, and why.
struct Packed {
  std::vector<Candidate> candidates;  // from the most frozen to the least
  std::vector<Graph> graphs;
};
[[nodiscard]] Packed pack_clip_candidates(const Base& base, const std::string& app,
                                          std::span<const ClipCandidate> candidates, const EventModel& event);

}  // namespace mainstream
