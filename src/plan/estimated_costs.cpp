// Costs of a mix's parts without measuring them: times that are known for a base, else work over speed.
#include <algorithm>
#include <numeric>

#include "mainstream/planning.hpp"
#include "mainstream/profile.hpp"
#include "plan/problem.hpp"

namespace mainstream {
namespace {

// Multiply-adds per millisecond of one thread in f32, where no profile tells: what a core of a small box
// reaches in convolutions with 256-bit vectors.
constexpr double kAssumedSpeed = 2e7;
constexpr double kAssumedScaleMs = 0.5;  // to scale one picture

double multiply_adds(const Graph& graph) {
  return std::accumulate(graph.nodes.begin(), graph.nodes.end(), 0.0, [&](double sum, const Node& node) {
    return sum + static_cast<double>(mainstream::multiply_adds(graph, node));
  });
}

struct StemEstimate {
  Costs::Stem costs;
  double ms_per_multiply_add = 0;  // in f32
  bool measured = false;
};

// From the profile, segment by segment; number types without one are taken to be as fast as f32.
void use_profile(const Profile& profile, NumberType type, const Base& base, Costs::Stem& costs) {
  std::vector<double>& segments = costs.segment_ms[type];
  segments = {0};
  for (std::size_t i = 1; i < base.branchpoints.size(); ++i) {
    segments.push_back(profile.range_ms(base.branchpoints[i - 1].layers, base.branchpoints[i].layers));
  }
}

StemEstimate estimate(const Engine& engine, const Mix::Stem& stem, const std::filesystem::path& folder) {
  const double work = multiply_adds(stem.base.graph);
  StemEstimate result;
  result.costs.scale_ms = kAssumedScaleMs;
  result.ms_per_multiply_add = 1 / (kAssumedSpeed * engine.threads());
  std::vector<double> assumed{0};
  const std::vector<Branchpoint>& places = stem.base.branchpoints;
  for (std::size_t i = 1; i < places.size(); ++i) {
    assumed.push_back((places[i].fraction - places[i - 1].fraction) * work * result.ms_per_multiply_add);
  }
  result.costs.segment_ms[NumberType::f32] = assumed;
  if (const auto profile = find_profile(engine, stem.base, NumberType::f32, folder)) {
    use_profile(*profile, NumberType::f32, stem.base, result.costs);
    result.measured = true;
    const double ms = profile->range_ms(0, stem.base.layers()), done = places.back().fraction * work;
    if (ms > 0 && done > 0) result.ms_per_multiply_add = ms / done;
    if (!profile->scale_ms.empty()) result.costs.scale_ms = profile->scale_ms.begin()->second;
  }
  for (const NumberType type : stem.number_types) {
    if (type == NumberType::f32) continue;
    result.costs.segment_ms[type] = result.costs.segment_ms[NumberType::f32];
    if (const auto profile = find_profile(engine, stem.base, type, folder)) {
      use_profile(*profile, type, stem.base, result.costs);
    }
  }
  return result;
}

}  // namespace

EstimatedCosts estimated_costs(const Engine& engine, const Mix& mix, const std::filesystem::path& folder) {
  EstimatedCosts result;
  std::vector<double> speeds;
  for (const Mix::Stem& stem : mix.stems) {
    StemEstimate one = estimate(engine, stem, folder);
    result.costs.stems.push_back(std::move(one.costs));
    result.measured.push_back(one.measured);
    speeds.push_back(one.ms_per_multiply_add);
  }
  for (const Mix::App& app : mix.apps) {
    auto& own = result.costs.own_ms.emplace_back();
    for (const Candidate& candidate : app.manifest().candidates) {
      if (!mix.counts(candidate)) continue;
      const double ms = multiply_adds(app.package.graph(candidate)) * speeds[app.stem];
      for (const NumberType type : mix.stems[app.stem].number_types) own[{candidate.id, type}] = ms;
    }
  }
  scale_by(engine.threads(), result.costs);
  return result;
}

}  // namespace mainstream
