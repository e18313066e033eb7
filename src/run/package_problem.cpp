#include "run/package_problem.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "mainstream/calibration.hpp"
#include "run/isotonic.hpp"

namespace mainstream {
namespace {

constexpr double kEvents = 5;

Problem::Candidate describe_quality(const EventStatistics& events, const AnswerQuality& quality) {
  Problem::Candidate described;
  described.tpr = quality.tpr;
  described.fpr = quality.fpr;
  for (const MeasuredQuality& measured : quality.measured) {
    const Quality seen{measured.recall, measured.precision, measured.f1};
    const Quality expected = event_quality(events, quality.tpr, quality.fpr, measured.fps);
    described.measured.push_back({measured.fps, tempered(seen, kEvents, kEvents, expected)});
  }
  return described;
}

// A candidate that trains more of the network is not worse by nature, and what was measured on a handful of
// events differs by chance. The scheduler would take the luckiest of many; so measurements at a rate are
// brought to the nearest ones that do not fall from a more frozen candidate to a less frozen one of the same
// precisions.
void expect_more_of_less_frozen(std::vector<Problem::Candidate>& candidates) {
  std::map<std::tuple<int, int, double>, std::vector<Quality*>> curves;
  for (Problem::Candidate& candidate : candidates) {
    for (Problem::MeasuredQuality& measured : candidate.measured) {
      curves[{candidate.stem_precision, candidate.tail_precision, measured.fps}].push_back(&measured.quality);
    }
  }
  for (auto& [curve, qualities] : curves) {
    std::vector<double> recalls, precisions;
    for (const Quality* quality : qualities) {
      recalls.push_back(quality->recall);
      precisions.push_back(quality->precision);
    }
    recalls = non_decreasing(recalls);
    precisions = non_decreasing(precisions);
    for (std::size_t i = 0; i < qualities.size(); ++i) {
      *qualities[i] = {recalls[i], precisions[i], f1_score(recalls[i], precisions[i])};
    }
  }
}

// Nor is a candidate better by nature when it is computed less exactly: where chance says so, it counts as
// good as in f32.
void expect_no_more_than(const Problem::Candidate& exact, Problem::Candidate& candidate) {
  if (candidate.tpr - candidate.fpr > exact.tpr - exact.fpr) {
    candidate.tpr = exact.tpr;
    candidate.fpr = exact.fpr;
  }
  for (Problem::MeasuredQuality& measured : candidate.measured) {
    const auto same = std::ranges::find(exact.measured, measured.fps, &Problem::MeasuredQuality::fps);
    if (same != exact.measured.end() && measured.quality.f1 > same->quality.f1) {
      measured.quality = same->quality;
    }
  }
}

// `candidates`: each with f32 first.
void expect_most_of_f32(std::vector<Problem::Candidate>& candidates) {
  const Problem::Candidate* exact = nullptr;
  for (Problem::Candidate& candidate : candidates) {
    const bool is_f32 = candidate.stem_precision == 0 && candidate.tail_precision == 0;
    is_f32 ? void(exact = &candidate) : expect_no_more_than(*exact, candidate);
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
      Problem::Candidate& entry =
          app.candidates.emplace_back(describe_quality(app.events, *candidate.quality(pair)));
      entry.frozen = static_cast<int>(candidate.frozen_layers);
      entry.stem_precision = index_of(precisions, pair.stem);
      entry.tail_precision = index_of(precisions, pair.tail);
    }
  }
  expect_more_of_less_frozen(app.candidates);
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
        if (entry.frozen != candidate.frozen_layers) continue;
        entry.head_cost = heads[static_cast<std::size_t>(entry.tail_precision)];
      }
    }
  }
  return problem;
}

}  // namespace mainstream
