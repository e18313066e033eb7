#include "eval/replayed_quality.hpp"

#include <algorithm>

#include "event/replay.hpp"

namespace mainstream {

ReplayedQuality::ReplayedQuality(const Mix& mix, const ClipScores& scores) : mix_(mix), scores_(scores) {}

bool ReplayedQuality::has_events(std::size_t app) const {
  return std::ranges::any_of(scores_.recordings[app].begin()->second, [](const Recording& part) {
    return std::ranges::find(part.truth, true) != part.truth.end();
  });
}

const EventCounts& ReplayedQuality::counts(std::size_t app, const Setting& setting) const {
  const Variant variant{setting.candidate, setting.number_types};
  const auto [place, is_new] = replayed_.try_emplace({app, variant, setting.fps, setting.votes});
  if (is_new) {
    const ReplayRule rule{setting.threshold, setting.votes,
                          mix_.apps[app].manifest().event.merge_gap_ms / 1000};
    for (const Recording& part : scores_.recordings[app].at(variant))
      place->second += sum(replay_cells(part, rule, setting.fps));
  }
  return place->second;
}

Problem ReplayedQuality::known(Problem problem) const {
  for (std::size_t a = 0; a < problem.apps.size(); ++a) {
    const std::vector<NumberType>& types = mix_.stems[mix_.apps[a].stem].number_types;
    for (Problem::Candidate& candidate : problem.apps[a].candidates) {
      const NumberTypes of{types[static_cast<std::size_t>(candidate.stem_type)],
                           types[static_cast<std::size_t>(candidate.tail_type)]};
      candidate.measured.clear();
      candidate.modelled = false;
      for (const double rate : rate_grid(scores_.fps)) {
        for (const int votes : kVotesGrid) {
          const EventCounts& found = counts(a, mix_.setting(a, candidate.id, rate, votes, of));
          const Quality quality{found.recall().value_or(0), found.precision().value_or(0),
                                found.f1().value_or(0)};
          candidate.measured.push_back({rate, quality, votes, 0});
        }
      }
    }
  }
  return problem;
}

}  // namespace mainstream
