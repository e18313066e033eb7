#include "eval/tenants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "core/json.hpp"
#include "event/replay.hpp"
#include "mainstream/error.hpp"
#include "plan/problem.hpp"
#include "run/cadence.hpp"
#include "schedule/estimates.hpp"

namespace mainstream {

TenantMix draw_mix(std::size_t pool, std::size_t tenants, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  TenantMix mix;
  while (mix.size() < tenants) {
    TenantMix all(pool);
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::ranges::shuffle(all, random);
    const std::size_t taken = std::min(pool, tenants - mix.size());
    mix.insert(mix.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  std::ranges::sort(mix);
  return mix;
}

std::vector<std::string> names_of(const TenantMix& mix, const TenantPool& pool) {
  std::vector<std::string> names;
  int number = 1;
  for (std::size_t i = 0; i < mix.size(); ++i) {
    number = i > 0 && mix[i] == mix[i - 1] ? number + 1 : 1;
    const std::string& name = pool.trained.mix.apps[mix[i]].name();
    names.push_back(number == 1 ? name : fmt::format("{} {}", name, number));
  }
  return names;
}

double TenantOutcome::mean(double App::*figure) const {
  double sum = 0;
  for (const App& app : apps) sum += app.*figure;
  return apps.empty() ? 0 : sum / static_cast<double>(apps.size());
}

Json to_json(const TenantOutcome& outcome) {
  Json apps = Json::array();
  for (const TenantOutcome::App& app : outcome.apps) {
    apps.push_back({{"app", app.name},
                    {"candidate", app.candidate},
                    {"fps", app.fps},
                    {"votes", app.votes},
                    {"predicted_f1", app.predicted_f1},
                    {"f1", app.f1},
                    {"recall", app.recall},
                    {"precision", app.precision}});
  }
  return {
      {"feasible", outcome.feasible}, {"busy_ms_per_s", outcome.busy_ms_per_s}, {"apps", std::move(apps)}};
}

TenantOutcome outcome_from(const JsonField& json) {
  TenantOutcome outcome;
  outcome.feasible = json["feasible"].boolean();
  outcome.busy_ms_per_s = json["busy_ms_per_s"].number(0, 1e12);
  const JsonField apps = json["apps"];
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const JsonField app = apps.at(i);
    outcome.apps.push_back({.name = app["app"].text(),
                            .candidate = app["candidate"].text(),
                            .fps = app["fps"].number(0, 1e6),
                            .votes = static_cast<int>(app["votes"].integer(0, 1000)),
                            .predicted_f1 = app["predicted_f1"].number(0, 1),
                            .f1 = app["f1"].number(0, 1),
                            .recall = app["recall"].number(0, 1),
                            .precision = app["precision"].number(0, 1)});
  }
  return outcome;
}

TenantPlanner::TenantPlanner(const TenantPool& pool, const TenantMethod& method)
    : pool_(pool), method_(method), described_(describe_mix(pool.trained.mix, method.mode)) {
  put_costs(pool.trained.mix, pool.trained.costs, described_);
  if (method.measured && pool.clip == nullptr)
    throw Error(ErrorKind::usage, method.name + ": expected scores on a labelled clip");
  for (std::size_t a = 0; method.measured && a < described_.apps.size(); ++a) measure_tables(a);
  for (Problem::App& app : described_.apps) {
    if (method.f32_only)
      std::erase_if(app.candidates, [](const auto& c) { return c.stem_type != 0 || c.tail_type != 0; });
  }
  for (std::size_t a = 0; !method.votes.empty() && a < described_.apps.size(); ++a) allow_votes(a);
}

// Leaves no other votes than the method's to choose.
void TenantPlanner::allow_votes(std::size_t app) {
  const Manifest& manifest = pool_.trained.mix.apps[app].manifest();
  Problem::App& described = described_.apps[app];
  described.events.votes = method_.votes.front();
  for (Problem::Candidate& candidate : described.candidates) {
    const Setting one = setting_with(app, candidate);
    const AnswerQuality& quality = *manifest.candidate(candidate.id).quality(one.number_types);
    if (method_.measured || !quality.measured.empty()) {
      std::erase_if(candidate.measured, [&](const auto& row) {
        return std::ranges::find(method_.votes, row.votes) == method_.votes.end();
      });
    } else {
      candidate.measured =
          modelled_table(described.events, method_.votes, quality, described_.stems.front().stream_fps);
    }
  }
}

// As M-Trainer does where an app comes with a labelled clip.
void TenantPlanner::measure_tables(std::size_t app) {
  const double gap_s = pool_.trained.mix.apps[app].manifest().event.merge_gap_ms / 1000;
  for (Problem::Candidate& candidate : described_.apps[app].candidates) {
    const Setting one = setting_with(app, candidate);
    const Recording& recording = pool_.clip->recordings[app].at({one.candidate, one.number_types}).front();
    candidate.measured.clear();
    candidate.modelled = false;
    for (const ReplayQuality& row : replay_table(recording, one.threshold, gap_s))
      candidate.measured.push_back({row.fps, {row.recall, row.precision, row.f1}, row.votes, row.f1_error});
  }
}

Problem TenantPlanner::problem(const TenantMix& mix, double budget) const {
  const std::vector<std::string> names = names_of(mix, pool_);
  Problem problem;
  problem.stems = described_.stems;
  for (std::size_t i = 0; i < mix.size(); ++i) {
    problem.apps.push_back(described_.apps[mix[i]]);
    problem.apps.back().id = names[i];
  }
  problem.budget = budget;
  return pool_estimates(std::move(problem));
}

Schedule TenantPlanner::solve(const TenantMix& mix, double budget) const {
  const Problem problem = this->problem(mix, budget);
  SolveOptions options;
  options.algorithm = algorithm_of(method_.mode, method_.algorithm);
  options.stop = stop_after(kSearchTime);
  return spend_rest(problem, mainstream::solve(problem, options));
}

Setting TenantPlanner::setting(std::size_t app, const Choice& choice) const {
  const Mix& mix = pool_.trained.mix;
  const std::vector<NumberType>& types = mix.stems[mix.apps[app].stem].number_types;
  return mix.setting(
      app, choice.candidate, choice.fps, choice.votes,
      {types[static_cast<std::size_t>(choice.stem_type)], types[static_cast<std::size_t>(choice.tail_type)]});
}

Setting TenantPlanner::setting_with(std::size_t app, const Problem::Candidate& candidate) const {
  return setting(app, {candidate.id, candidate.frozen, 1, 1, candidate.stem_type, candidate.tail_type});
}

TenantOutcome TenantPlanner::replay(const TenantMix& mix, double budget) const {
  const Schedule schedule = solve(mix, budget);
  const std::vector<std::string> names = names_of(mix, pool_);
  TenantOutcome outcome;
  outcome.feasible = schedule.feasible;
  outcome.busy_ms_per_s = schedule.feasible ? schedule.cost : 0;
  for (std::size_t i = 0; i < mix.size(); ++i) {
    const Mix::App& app = pool_.trained.mix.apps[mix[i]];
    if (!pool_.quality.has_events(mix[i])) continue;
    TenantOutcome::App& one = outcome.apps.emplace_back();
    one.name = names[i];
    if (!schedule.feasible) continue;
    const Schedule::App& planned = schedule.apps[i];
    const EventCounts& counts = pool_.quality.counts(mix[i], setting(mix[i], planned.choice));
    one.candidate = app.manifest().candidate(planned.choice.candidate).id;
    one.fps = planned.choice.fps;
    one.votes = planned.choice.votes;
    one.predicted_f1 = planned.f1;
    one.f1 = counts.f1().value_or(0);
    one.recall = counts.recall().value_or(0);
    one.precision = counts.precision().value_or(0);
  }
  return outcome;
}

FramesByApp planned_frames(const std::vector<Setting>& settings, double stream_fps, std::int64_t frames) {
  std::vector<double> rates;
  for (const Setting& setting : settings) rates.push_back(setting.fps);
  Cadence cadence(rates, stream_fps);
  FramesByApp planned(settings.size());
  for (std::int64_t frame = 0; frame < frames; ++frame) {
    const MediaTime time(std::llround(1e6 * static_cast<double>(frame) / stream_fps));
    if (!cadence.due(time)) continue;
    for (const std::size_t app : cadence.take(time)) planned[app].push_back(frame);
  }
  return planned;
}

EventsByApp replay_frames(const TenantPool& pool, const TenantMix& mix, const std::vector<Setting>& settings,
                          const FramesByApp& frames) {
  const ClipScores& scores = pool.trained.scores;
  EventsByApp events;
  for (std::size_t i = 0; i < mix.size(); ++i) {
    const Mix::App& app = pool.trained.mix.apps[mix[i]];
    const Setting& setting = settings[i];
    const Recording& recording =
        scores.recordings[mix[i]].at({setting.candidate, setting.number_types}).front();
    const double gap_s = app.manifest().event.merge_gap_ms / 1000;
    EventDetector detector({setting.votes, std::llround(gap_s * scores.fps)});
    std::vector<Detection>& found = events[app.name()];
    const auto add = [&](const std::optional<EventDetector::Event>& over) {
      if (over) found.push_back({over->range, over->confirmed_frame});
    };
    for (const std::int64_t frame : frames[i]) {
      const float score = recording.scores[static_cast<std::size_t>(frame)];
      add(detector.add(frame, {}, score, score >= setting.threshold));
    }
    add(detector.finish());
  }
  return events;
}

}  // namespace mainstream
