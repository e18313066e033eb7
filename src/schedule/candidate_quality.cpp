#include "schedule/candidate_quality.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace mainstream {
namespace {

using Rows = std::vector<Problem::MeasuredQuality>;

// The row with the highest F1 among those with the rate of `row`; of equal ones the one with the fewest
// votes.
const Problem::MeasuredQuality& best_of_rate(const Rows& measured, Rows::const_iterator row) {
  auto first = row, best = row;
  while (first != measured.begin() && std::prev(first)->fps == row->fps) --first;
  for (best = first; first != measured.end() && first->fps == row->fps; ++first) {
    if (first->quality.f1 > best->quality.f1) best = first;
  }
  return *best;
}

VotedQuality between(const Problem::MeasuredQuality& low, const Problem::MeasuredQuality& high, double fps) {
  const double t = (fps - low.fps) / (high.fps - low.fps);
  const auto mix = [t](double a, double b) { return a + t * (b - a); };
  return {{mix(low.quality.recall, high.quality.recall), mix(low.quality.precision, high.quality.precision),
           mix(low.quality.f1, high.quality.f1)},
          low.votes,
          mix(low.f1_error, high.f1_error)};
}

VotedQuality measured_quality(const Rows& measured, double fps) {
  const auto next = std::lower_bound(measured.begin(), measured.end(), fps,
                                     [](const auto& entry, double rate) { return entry.fps < rate; });
  const auto voted = [](const Problem::MeasuredQuality& row) {
    return VotedQuality{row.quality, row.votes, row.f1_error};
  };
  if (next == measured.end()) return voted(best_of_rate(measured, std::prev(next)));
  const Problem::MeasuredQuality& high = best_of_rate(measured, next);
  if (high.fps == fps) return voted(high);
  if (next != measured.begin()) return between(best_of_rate(measured, std::prev(next)), high, fps);
  Quality thinned = high.quality;
  thinned.recall *= fps / high.fps;
  thinned.f1 = f1_score(thinned.recall, thinned.precision);
  return {thinned, high.votes, high.f1_error};
}

// `tails` have the same number types and go from the most to the least frozen.
void correct_tails(std::span<Problem::Candidate*> tails) {
  const Problem::Candidate* best = nullptr;         // highest tpr so far
  const Problem::Candidate* more_frozen = nullptr;  // highest tpr of all that are more frozen than this one
  for (std::size_t i = 0; i < tails.size(); ++i) {
    Problem::Candidate& tail = *tails[i];
    if (i > 0 && tail.frozen < tails[i - 1]->frozen) more_frozen = best;
    if (more_frozen != nullptr && tail.tpr < more_frozen->tpr) {
      tail.tpr = more_frozen->tpr;
      tail.fpr = more_frozen->fpr;
    }
    if (best == more_frozen || tail.tpr > best->tpr) best = &tail;
  }
}

}  // namespace

std::vector<Problem::Candidate> corrected_candidates(std::vector<Problem::Candidate> candidates) {
  const auto types = [](const auto* c) { return std::pair(c->stem_type, c->tail_type); };
  std::vector<Problem::Candidate*> tails;
  for (Problem::Candidate& candidate : candidates) {
    if (candidate.kind == Problem::Candidate::Kind::tail) tails.push_back(&candidate);
  }
  std::ranges::stable_sort(tails, {}, [&](const auto* c) { return std::pair(types(c), -c->frozen); });
  for (auto first = tails.begin(); first != tails.end();) {
    const auto end =
        std::find_if(first, tails.end(), [&](const auto* c) { return types(c) != types(*first); });
    correct_tails({first, end});
    first = end;
  }
  return candidates;
}

VotedQuality candidate_quality(const EventStatistics& events, const Problem::Candidate& candidate,
                               double fps) {
  if (!candidate.measured.empty()) return measured_quality(candidate.measured, fps);
  return {event_quality(events, candidate.tpr, candidate.fpr, fps), events.votes, 0};
}

std::optional<Quality> quality_with_votes(const EventStatistics& events, const Problem::Candidate& candidate,
                                          double fps, int votes) {
  if (candidate.measured.empty()) {
    EventStatistics voted = events;
    voted.votes = votes;
    return event_quality(voted, candidate.tpr, candidate.fpr, fps);
  }
  Rows rows = candidate.measured;
  std::erase_if(rows, [&](const auto& row) { return row.votes != votes; });
  return rows.empty() ? std::nullopt : std::optional(measured_quality(rows, fps).quality);
}

}  // namespace mainstream
