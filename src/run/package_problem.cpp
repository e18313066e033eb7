#include "run/package_problem.hpp"

#include <utility>

namespace mainstream {

Problem::App describe_app(const Manifest& manifest) {
  Problem::App app;
  app.id = manifest.app;
  app.events = {manifest.event.length_ms, manifest.event.frequency, manifest.event.correlation,
                manifest.event.votes};
  return app;
}

Problem::Candidate describe_quality(const EventStatistics& events, const Candidate& candidate) {
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
    for (const Candidate& candidate : package.manifest().candidates) {
      Problem::Candidate entry = describe_quality(app.events, candidate);
      entry.frozen = static_cast<int>(candidate.frozen_layers);
      entry.head_cost =
          measure_head_ms(engine, base, base.branchpoint(candidate.branchpoint), package.tail(candidate));
      app.candidates.push_back(std::move(entry));
    }
    problem.apps.push_back(std::move(app));
  }
  return problem;
}

}  // namespace mainstream
