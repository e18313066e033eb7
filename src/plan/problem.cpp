// From a mix and its costs to the scheduler's problem: the only place where packages become numbers.
#include <algorithm>
#include <cmath>
#include <limits>

#include "event/frame_score.hpp"
#include "event/replay.hpp"
#include "mainstream/planning.hpp"
#include "mainstream/quality.hpp"
#include "plan/problem.hpp"
#include "schedule/estimates.hpp"

namespace mainstream {
namespace {

Problem::Stem describe_stem(const Mix::Stem& stem) {
  Problem::Stem described;
  described.stream = stem.stream;
  described.base = stem.base.name;
  described.stream_fps = stem.fps;
  described.fps_options = rate_grid(stem.fps);
  described.low_rates_alone = false;
  for (const NumberType type : stem.number_types) {
    described.layer_costs.push_back(
        {to_string(type), std::vector<double>(stem.base.branchpoints.size(), 0.0)});
  }
  return described;
}

// Standard error of a rate with this interval.
double error_of(const Interval& interval) {
  return (interval.high - interval.low) / (2 * kIntervalErrors);
}

Problem::Candidate describe_candidate(const Candidate& candidate, const AnswerQuality& quality, int frozen) {
  Problem::Candidate described;
  described.id = candidate.id;
  described.kind =
      candidate.kind == CandidateKind::exit ? Problem::Candidate::Kind::exit : Problem::Candidate::Kind::tail;
  described.levels = static_cast<int>(candidate.reads.size());
  described.frozen = frozen;
  described.tpr = quality.tpr;
  described.fpr = quality.fpr;
  if (quality.scores) described.skill = brier_skill(quality.scores->positive, quality.scores->negative);
  for (const MeasuredQuality& row : quality.measured) {
    described.measured.push_back({row.fps, {row.recall, row.precision, row.f1}, row.votes, row.f1_error});
  }
  return described;
}

// A network that runs by itself has one number type.
bool possible(const NumberTypes& types, const Candidate& candidate, Mode mode) {
  return !runs_alone(mode) || types.stem == types.tail || candidate.frozen_layers == 0;
}

Problem::App describe_app(const Mix& mix, const Mix::App& app, Mode mode) {
  const Mix::Stem& stem = mix.stems[app.stem];
  const EventModel& event = app.manifest().event;
  Problem::App described;
  // One name in the mix; on several streams an app may run under its name on each.
  described.id = mix.stems.size() == 1 ? app.name() : stem.stream + "/" + app.name();
  described.stem = app.stem;
  described.weight = app.weight;
  described.min_fps = app.min_fps;
  described.events = {event.length_ms, event.frequency, event.correlation, event.votes};
  for (const Candidate& candidate : app.manifest().candidates) {
    if (!mix.counts(candidate)) continue;
    const int frozen = static_cast<int>(mix.place(app.stem, candidate.branchpoint)) + 1;
    for (const NumberTypes& types : number_types_of(candidate, stem)) {
      if (!possible(types, candidate, mode)) continue;
      const AnswerQuality& quality = *candidate.quality(types);
      Problem::Candidate& entry =
          described.candidates.emplace_back(describe_candidate(candidate, quality, frozen));
      if (entry.measured.empty()) {
        entry.measured = modelled_table(described.events, {&event.votes, 1}, quality, stem.fps);
        entry.modelled = true;
      }
      entry.stem_type = index_of(stem.number_types, types.stem);
      entry.tail_type = index_of(stem.number_types, types.tail);
    }
  }
  return described;
}

}  // namespace

std::vector<Problem::MeasuredQuality> modelled_table(EventStatistics events, std::span<const int> votes,
                                                     const AnswerQuality& quality, double stream_fps) {
  if (quality.tpr_interval == Interval{} || quality.fpr_interval == Interval{}) return {};
  const double of_tpr = error_of(quality.tpr_interval), of_fpr = error_of(quality.fpr_interval);
  std::vector<Problem::MeasuredQuality> rows;
  for (const double fps : rate_grid(stream_fps)) {
    for (const int needed : votes) {
      events.votes = needed;
      const auto f1 = [&](double tpr, double fpr) {
        return event_quality(events, std::clamp(tpr, 0.0, 1.0), std::clamp(fpr, 0.0, 1.0), fps).f1;
      };
      const double by_tpr = f1(quality.tpr + of_tpr, quality.fpr) - f1(quality.tpr - of_tpr, quality.fpr);
      const double by_fpr = f1(quality.tpr, quality.fpr + of_fpr) - f1(quality.tpr, quality.fpr - of_fpr);
      rows.push_back({fps, event_quality(events, quality.tpr, quality.fpr, fps), needed,
                      std::hypot(by_tpr, by_fpr) / 2});
    }
  }
  return rows;
}

int index_of(const std::vector<NumberType>& types, NumberType type) {
  return static_cast<int>(std::ranges::find(types, type) - types.begin());
}

Problem describe_mix(const Mix& mix, Mode mode) {
  Problem problem;
  for (const Mix::Stem& stem : mix.stems) problem.stems.push_back(describe_stem(stem));
  for (const Mix::App& app : mix.apps) problem.apps.push_back(describe_app(mix, app, mode));
  return problem;
}

Problem estimate_mix(const Mix& mix, Mode mode) {
  return pool_estimates(describe_mix(mix, mode));
}

void put_costs(const Mix& mix, const Costs& costs, Problem& problem) {
  for (std::size_t s = 0; s < mix.stems.size(); ++s) {
    const std::vector<NumberType>& types = mix.stems[s].number_types;
    for (std::size_t t = 0; t < types.size(); ++t) {
      std::vector<double>& layers = problem.stems[s].layer_costs[t].costs;
      layers = costs.stems[s].segment_ms.at(types[t]);
      layers[0] += costs.stems[s].scale_ms;
    }
  }
  for (std::size_t a = 0; a < mix.apps.size(); ++a) {
    const std::vector<NumberType>& types = mix.stems[mix.apps[a].stem].number_types;
    for (Problem::Candidate& entry : problem.apps[a].candidates) {
      entry.own_cost = costs.own_ms[a].at({entry.id, types[static_cast<std::size_t>(entry.tail_type)]});
    }
  }
}

Problem make_problem(const Mix& mix, const Costs& costs, double budget, Mode mode) {
  Problem problem = estimate_mix(mix, mode);
  problem.budget = budget;
  put_costs(mix, costs, problem);
  return problem;
}

std::string tensor_of(const Base& base, int frozen) {
  return frozen == 0 ? "" : base.branchpoints[static_cast<std::size_t>(frozen) - 1].tensor;
}

}  // namespace mainstream
