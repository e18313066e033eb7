#include "run/deployer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// What `cache` has under `key` while somebody uses it, else what `make` makes.
template <typename Cache, typename Make>
auto cached(Cache& cache, const typename Cache::key_type& key, Make make) {
  auto& place = cache[key];
  auto found = place.lock();
  if (!found) place = found = make();
  return found;
}

// Of the whole network: the base's up to the branchpoint, then the tail's own.
Ranges joined_ranges(const Base& base, const Candidate& candidate) {
  Ranges ranges = candidate.ranges;
  const Graph stem = stem_of(base.graph, candidate.branchpoint);
  for (const auto& [tensor, range] : base.ranges) {
    if (stem.shapes.contains(tensor)) ranges[tensor] = range;
  }
  return ranges;
}

// A tail reads what its stem wrote: as long as the one is found in a cache, so is the other.
struct BehindStem {
  std::shared_ptr<SharedStem> stem;
  Tail tail;
};

}  // namespace

std::unique_ptr<StreamPlan> Deployer::plan(std::span<const Setting> settings, const StemPrecisions& stem,
                                           double stream_fps) {
  std::vector<double> fps;
  std::vector<StreamPlan::App> apps;
  for (std::size_t app = 0; app < settings.size(); ++app) {
    const Candidate& candidate = mix_.apps[app].candidate(settings[app].candidate);
    const AnswerQuality* quality = candidate.quality(settings[app].precisions);
    fps.push_back(settings[app].fps);
    apps.push_back({settings[app].candidate, candidate.branchpoint, settings[app].fps, quality->threshold});
  }
  return std::make_unique<StreamPlan>(
      StreamPlan{plans_++, std::move(apps), Cadence(fps, stream_fps), pipeline(settings, stem)});
}

std::unique_ptr<Pipeline> Deployer::pipeline(std::span<const Setting> settings, const StemPrecisions& stem) {
  if (mix_.mode == Mode::no_sharing) {
    std::vector<DeployedNetwork> apps;
    for (std::size_t app = 0; app < settings.size(); ++app) {
      const Setting& setting = settings[app];
      apps.push_back({network(app, setting.candidate, setting.precisions.tail), mix_.apps[app].positive});
    }
    return std::make_unique<SeparatePipeline>(mix_.base.input, std::move(apps), clock_);
  }
  std::vector<SharedNetwork::Member> members;
  std::vector<std::vector<std::size_t>> positive;
  for (std::size_t app = 0; app < settings.size(); ++app) {
    members.push_back(member(stem, app, settings));
    positive.push_back(mix_.apps[app].positive);
  }
  const auto shared = this->stem(stem);
  return std::make_unique<SharedPipeline>(
      shared, SharedNetwork(std::shared_ptr<Stem>(shared, &shared->stem), std::move(members)),
      std::move(positive), clock_);
}

// Exits are cheap to compile, and only together are they one product: each plan has its own.
SharedNetwork::Member Deployer::member(const StemPrecisions& stem, std::size_t app,
                                       std::span<const Setting> settings) {
  const Setting& setting = settings[app];
  const MixedApp& mixed = mix_.apps[app];
  const Candidate& described = mixed.candidate(setting.candidate);
  if (described.kind == CandidateKind::tail)
    return tail(stem, app, setting.candidate, setting.precisions.tail);
  const auto same_rate = std::ranges::find(settings, setting.fps, &Setting::fps);
  return ExitMember{mixed.package.graph(described), setting.precisions.tail,
                    static_cast<int>(same_rate - settings.begin())};
}

std::shared_ptr<SharedStem> Deployer::stem(const StemPrecisions& precisions) {
  last_stem_ = cached(stems_, precisions, [&] {
    return std::make_shared<SharedStem>(
        mix_.base.input, Stem(engine_, mix_.base.graph, mix_.branchpoints, precisions, mix_.base.ranges));
  });
  return last_stem_;
}

std::shared_ptr<Tail> Deployer::tail(const StemPrecisions& stem, std::size_t app, std::size_t candidate,
                                     Precision precision) {
  const Key key{app, candidate, precision};
  return cached(tails_, {stem, key}, [&] {
    const MixedApp& mixed = mix_.apps[app];
    const Candidate& described = mixed.candidate(candidate);
    const auto shared = this->stem(stem);
    const auto behind = std::make_shared<BehindStem>(
        BehindStem{shared, Tail(shared->stem, mixed.package.graph(described), precision, described.ranges)});
    return std::shared_ptr<Tail>(behind, &behind->tail);
  });
}

std::shared_ptr<Network> Deployer::network(std::size_t app, std::size_t candidate, Precision precision) {
  return cached(networks_, {app, candidate, precision}, [&] {
    const MixedApp& mixed = mix_.apps[app];
    const Candidate& described = mixed.candidate(candidate);
    const Graph& base = mix_.base.graph;
    return std::make_shared<Network>(engine_, join(base, mixed.package.graph(described)), precision,
                                     joined_ranges(mix_.base, described));
  });
}

}  // namespace mainstream
