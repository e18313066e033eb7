#include "run/package_problem.hpp"

#include <map>
#include <span>
#include <utility>

#include "run/isotonic.hpp"

namespace mainstream {
namespace {

Problem::Candidate describe_candidate(const EventStatistics& events, const Candidate& candidate) {
  Problem::Candidate described;
  described.tpr = candidate.tpr;
  described.fpr = candidate.fpr;
  for (const MeasuredQuality& measured : candidate.by_fps) {
    const Quality seen{measured.recall, measured.precision, measured.f1};
    const Quality expected = event_quality(events, candidate.tpr, candidate.fpr, measured.fps);
    described.measured.push_back(
        {measured.fps, tempered(seen, measured.true_events, measured.detected_events, expected)});
  }
  return described;
}

// A candidate that trains more of the network is not worse by nature, and what was measured on a handful of
// events differs by chance. The scheduler would take the luckiest of many; so measurements at a rate are
// brought to the nearest ones that do not fall from a more frozen candidate to a less frozen one.
void expect_more_of_less_frozen(std::vector<Problem::Candidate>& candidates) {
  std::map<double, std::vector<Quality*>> by_fps;
  for (Problem::Candidate& candidate : candidates) {
    for (Problem::MeasuredQuality& measured : candidate.measured) {
      by_fps[measured.fps].push_back(&measured.quality);
    }
  }
  for (auto& [fps, qualities] : by_fps) {
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

}  // namespace

Problem::App describe_app(const Manifest& manifest) {
  Problem::App app;
  app.id = manifest.app;
  app.events = {manifest.event.length_ms, manifest.event.frequency, manifest.event.correlation,
                manifest.event.votes};
  for (const Candidate& candidate : manifest.candidates) {
    app.candidates.push_back(describe_candidate(app.events, candidate));
  }
  expect_more_of_less_frozen(app.candidates);
  return app;
}

std::vector<double> stream_rates(double stream_fps) {
  std::vector<double> rates;
  for (double fps = 1; fps < stream_fps; ++fps) rates.push_back(fps);
  rates.push_back(stream_fps);
  return rates;
}

Problem problem_from_packages(const Engine& engine, const Base& base, const Profile& profile,
                              std::span<const MPackage> packages, double stream_fps, double budget) {
  Problem problem;
  problem.name = base.name;
  problem.budget = budget;
  Problem::Stem& stem = problem.stems.emplace_back();
  stem.stream = "stream";
  stem.base = base.name;
  stem.stream_fps = stream_fps;
  stem.fps_options = stream_rates(stream_fps);
  stem.layer_costs = {{"f32", profile.layer_ms}};
  for (const MPackage& package : packages) {
    Problem::App app = describe_app(package.manifest());
    for (std::size_t i = 0; i < app.candidates.size(); ++i) {
      const Candidate& candidate = package.manifest().candidates[i];
      app.candidates[i].frozen = static_cast<int>(candidate.frozen_layers);
      app.candidates[i].head_cost =
          measure_head_ms(engine, base, base.branchpoint(candidate.branchpoint), package.tail(candidate));
    }
    problem.apps.push_back(std::move(app));
  }
  return problem;
}

}  // namespace mainstream
