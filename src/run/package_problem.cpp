#include "run/package_problem.hpp"

#include <algorithm>
#include <set>

#include "mainstream/calibration.hpp"
#include "mainstream/estimates.hpp"

namespace mainstream {
namespace {

Problem::Candidate describe_quality(const AnswerQuality& quality) {
  Problem::Candidate described;
  described.tpr = quality.tpr;
  described.fpr = quality.fpr;
  for (const MeasuredQuality& measured : quality.measured) {
    described.measured.push_back({measured.fps,
                                  {measured.recall, measured.precision, measured.f1},
                                  measured.votes,
                                  measured.f1_error});
  }
  return described;
}

// A candidate is not better by nature when it is computed less exactly: where chance says so, it counts as
// good as in f32. `candidates`: each with f32 first.
void expect_most_of_f32(std::vector<Problem::Candidate>& candidates) {
  const Problem::Candidate* exact = nullptr;
  for (Problem::Candidate& candidate : candidates) {
    if (candidate.stem_precision == 0 && candidate.tail_precision == 0) {
      exact = &candidate;
    } else if (candidate.tpr - candidate.fpr > exact->tpr - exact->fpr) {
      candidate.tpr = exact->tpr;
      candidate.fpr = exact->fpr;
    }
  }
}

// By precision of the tail; 0 for those in which it does not run.
std::vector<double> head_costs(const Engine& engine, const Base& base, const MPackage& package,
                               const Candidate& candidate, std::span<const Precision> precisions) {
  const Graph tail = package.graph(candidate);
  std::vector<double> costs(precisions.size(), 0.0);
  std::set<Precision> run;
  for (const PrecisionPair& pair : precisions_of(candidate, precisions)) run.insert(pair.tail);
  for (const Precision precision : run) {
    costs[static_cast<std::size_t>(index_of(precisions, precision))] = measure_head_ms(
        engine, base, base.branchpoint(candidate.branchpoint), tail, precision, candidate.ranges);
  }
  return costs;
}

}  // namespace

int index_of(std::span<const Precision> precisions, Precision precision) {
  return static_cast<int>(std::ranges::find(precisions, precision) - precisions.begin());
}

std::vector<PrecisionPair> precisions_of(const Candidate& candidate, std::span<const Precision> precisions) {
  const auto has = [&](Precision precision) {
    return std::ranges::find(precisions, precision) != precisions.end();
  };
  std::vector<PrecisionPair> pairs{{}};
  for (const auto& [pair, quality] : candidate.precisions) {
    if (has(pair.stem) && has(pair.tail)) pairs.push_back(pair);
  }
  return pairs;
}

std::vector<Precision> useful_precisions(const Base& base, const std::vector<const Manifest*>& manifests) {
  std::vector<Precision> possible = offered_precisions(base);
  possible.insert(possible.begin(), Precision::f32);
  std::set<Precision> useful;
  for (const Manifest* manifest : manifests) {
    for (const Candidate& candidate : manifest->candidates) {
      for (const PrecisionPair& pair : precisions_of(candidate, possible))
        useful.insert({pair.stem, pair.tail});
    }
  }
  return {useful.begin(), useful.end()};
}

Problem::App describe_app(const Manifest& manifest, std::span<const Precision> precisions) {
  Problem::App app;
  app.id = manifest.app;
  app.events = {manifest.event.length_ms, manifest.event.frequency, manifest.event.correlation,
                manifest.event.votes};
  for (const Candidate& candidate : manifest.candidates) {
    for (const PrecisionPair& pair : precisions_of(candidate, precisions)) {
      Problem::Candidate& entry = app.candidates.emplace_back(describe_quality(*candidate.quality(pair)));
      entry.id = candidate.id;
      entry.kind = candidate.kind == CandidateKind::exit ? Problem::Candidate::Kind::exit
                                                         : Problem::Candidate::Kind::tail;
      entry.levels = std::max(1, static_cast<int>(candidate.reads.size()));
      entry.frozen = static_cast<int>(candidate.frozen_layers);
      entry.stem_precision = index_of(precisions, pair.stem);
      entry.tail_precision = index_of(precisions, pair.tail);
    }
  }
  expect_most_of_f32(app.candidates);
  return app;
}

std::vector<double> stream_rates(double stream_fps) {
  std::vector<double> rates;
  for (double fps = 1; fps < stream_fps; ++fps) rates.push_back(fps);
  rates.push_back(stream_fps);
  return rates;
}

Problem problem_from_packages(const Engine& engine, const Base& base, std::span<const Profile> profiles,
                              std::span<const MPackage> packages, double stream_fps, double budget) {
  Problem problem;
  problem.name = base.name;
  problem.budget = budget;
  Problem::Stem& stem = problem.stems.emplace_back();
  stem.stream = "stream";
  stem.base = base.name;
  stem.stream_fps = stream_fps;
  stem.fps_options = stream_rates(stream_fps);
  std::vector<Precision> precisions;
  for (const Profile& profile : profiles) {
    stem.layer_costs.push_back({to_string(profile.precision), profile.layer_ms});
    precisions.push_back(profile.precision);
  }
  for (const MPackage& package : packages) {
    Problem::App& app = problem.apps.emplace_back(describe_app(package.manifest(), precisions));
    for (const Candidate& candidate : package.manifest().candidates) {
      const std::vector<double> heads = head_costs(engine, base, package, candidate, precisions);
      for (Problem::Candidate& entry : app.candidates) {
        if (entry.id != candidate.id) continue;
        entry.head_cost = heads[static_cast<std::size_t>(entry.tail_precision)];
      }
    }
  }
  return pool_estimates(std::move(problem));
}

}  // namespace mainstream
