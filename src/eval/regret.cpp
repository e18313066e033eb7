#include "event/replay.hpp"
#include "mainstream/comparison.hpp"
#include "mainstream/experiments.hpp"

#include <algorithm>
#include <utility>

#include "eval/statistics.hpp"

namespace mainstream {
namespace {

constexpr auto kSearchTime = std::chrono::milliseconds(500);

EventCounts replayed(const std::vector<Recording>& parts, const ReplayRule& rule, double rate) {
  EventCounts counts;
  for (const Recording& part : parts) counts += sum(replay_cells(part, rule, rate));
  return counts;
}

ReplayRule rule_of(const Manifest& manifest, const Candidate& candidate, int votes) {
  return {candidate.threshold, votes, manifest.event.merge_gap_ms / 1000};
}

// Event F1 of every setting of every app on the unseen frames.
class SeenQuality {
 public:
  // Replays all candidates at all rates and votes, with the packages' thresholds.
  SeenQuality(const Mix& mix, const ClipScores& scores);

  // F1 of a setting at any rate; nothing where the frames have no event of the app.
  [[nodiscard]] std::optional<double> f1(std::size_t app, const Setting& setting) const;
  // The mix's problem with the qualities measured on the unseen frames.
  [[nodiscard]] Problem known(Problem problem) const;

 private:
  using Key = std::pair<double, int>;  // rate, votes
  const Mix& mix_;
  const ClipScores& scores_;
  std::vector<std::map<std::string, std::map<Key, EventCounts>>> tables_;  // by app and candidate
};

SeenQuality::SeenQuality(const Mix& mix, const ClipScores& scores) : mix_(mix), scores_(scores) {
  tables_.resize(mix.apps.size());
  for (std::size_t a = 0; a < mix.apps.size(); ++a) {
    const Manifest& manifest = mix.apps[a].manifest();
    for (const auto& [id, parts] : scores.recordings[a]) {
      const Candidate& candidate = manifest.candidate(id);
      for (const double rate : rate_grid(scores.fps)) {
        for (const int votes : kVotesGrid) {
          tables_[a][id][{rate, votes}] = replayed(parts, rule_of(manifest, candidate, votes), rate);
        }
      }
    }
  }
}

std::optional<double> SeenQuality::f1(std::size_t app, const Setting& setting) const {
  const auto& table = tables_[app].at(setting.candidate);
  const auto found = table.find({setting.fps, setting.votes});
  if (found != table.end()) return found->second.f1();
  const Manifest& manifest = mix_.apps[app].manifest();
  const Candidate& candidate = manifest.candidate(setting.candidate);
  return replayed(scores_.recordings[app].at(setting.candidate), rule_of(manifest, candidate, setting.votes),
                  setting.fps)
      .f1();
}

Problem SeenQuality::known(Problem problem) const {
  for (std::size_t a = 0; a < problem.apps.size(); ++a) {
    for (Problem::Candidate& candidate : problem.apps[a].candidates) {
      candidate.measured.clear();
      for (const auto& [key, counts] : tables_[a].at(candidate.id)) {
        candidate.measured.push_back(
            {key.first,
             {counts.recall().value_or(0), counts.precision().value_or(0), counts.f1().value_or(0)},
             key.second,
             0});
      }
    }
  }
  return problem;
}

// F1 by app; 0 for all where no schedule fits.
std::vector<double> seen_f1(const SeenQuality& seen, const Mix& mix, const MixPlan& plan) {
  std::vector<double> f1;
  for (std::size_t app = 0; app < mix.apps.size(); ++app) {
    const auto value = plan.schedule.feasible ? seen.f1(app, plan.settings[app]) : 0;
    if (value) f1.push_back(*value);
  }
  return f1;
}

MixPlan best_in_hindsight(const Mix& mix, const Costs& costs, const SeenQuality& seen, double budget) {
  const auto deadline = std::chrono::steady_clock::now() + kSearchTime;
  SolveOptions options;
  options.stop = [deadline] { return std::chrono::steady_clock::now() > deadline; };
  const Problem problem = seen.known(make_problem(mix, costs, budget));
  return Planner(mix, {}).plan_of(solve(problem, options));
}

}  // namespace

std::vector<RegretPoint> regret_of(const TrainedMix& trained, const TrainedMix* tails_only,
                                   const std::vector<double>& shares) {
  const SeenQuality seen(trained.mix, trained.scores);
  std::optional<SeenQuality> seen_tails;
  if (tails_only != nullptr) seen_tails.emplace(tails_only->mix, tails_only->scores);
  std::vector<RegretPoint> points;
  for (const double share : shares) {
    RegretPoint& point = points.emplace_back();
    point.share = share;
    point.budget = share * whole_bases_cost(trained.mix, trained.costs);
    for (const Method& method : methods()) {
      if (method.tails_only && !seen_tails) continue;
      const TrainedMix& of = method.tails_only ? *tails_only : trained;
      const MixPlan plan = Planner(of.mix, {.mode = method.mode}).solve(of.costs, point.budget);
      point.f1[method.name] = seen_f1(method.tails_only ? *seen_tails : seen, of.mix, plan);
      point.promised[method.name] = plan.schedule.feasible ? plan.schedule.mean_f1 : 0;
    }
    point.f1[kHindsight] =
        seen_f1(seen, trained.mix, best_in_hindsight(trained.mix, trained.costs, seen, point.budget));
  }
  return points;
}

std::vector<RegretSummary> summarise(const std::vector<std::vector<RegretPoint>>& cuts) {
  std::vector<RegretSummary> summaries;
  if (cuts.empty()) return summaries;
  for (std::size_t p = 0; p < cuts.front().size(); ++p) {
    RegretSummary& summary = summaries.emplace_back();
    summary.share = cuts.front()[p].share;
    for (const auto& [name, of_first] : cuts.front()[p].f1) {
      const bool in_all =
          std::ranges::all_of(cuts, [&](const auto& cut) { return cut[p].f1.contains(name); });
      if (!in_all) continue;  // an app kept no tail in some training
      std::vector<double> values, behind;
      for (const std::vector<RegretPoint>& cut : cuts) {
        const std::vector<double>&own = cut[p].f1.at(name), &ours = cut[p].f1.at(kMainstream);
        values.insert(values.end(), own.begin(), own.end());
        for (std::size_t app = 0; app < own.size(); ++app) behind.push_back(ours[app] - own[app]);
      }
      summary.methods[name] = {mean(values), mean(behind), standard_error(behind)};
    }
  }
  return summaries;
}

}  // namespace mainstream
