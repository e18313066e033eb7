#include "run/deployer.hpp"

#include <fmt/format.h>

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

}  // namespace

Deployer::Deployer(const AppMix& mix, const Engine& engine, const Clock& clock)
    : mix_(mix), engine_(engine), clock_(clock) {
  if (mix.mode == Mode::no_sharing) return;
  stem_ = std::make_shared<SharedStem>(engine_, mix.base.graph, mix.branchpoints, mix.base.input);
}

std::unique_ptr<StreamPlan> Deployer::plan(std::span<const Setting> settings, double stream_fps) {
  std::vector<double> fps;
  std::vector<StreamPlan::App> apps;
  for (std::size_t app = 0; app < settings.size(); ++app) {
    const Candidate& candidate = mix_.apps[app].candidate(settings[app].candidate);
    fps.push_back(settings[app].fps);
    apps.push_back({settings[app].candidate, candidate.branchpoint, settings[app].fps, candidate.threshold});
  }
  return std::make_unique<StreamPlan>(
      StreamPlan{plans_++, std::move(apps), Cadence(fps, stream_fps), pipeline(settings)});
}

std::unique_ptr<Pipeline> Deployer::pipeline(std::span<const Setting> settings) {
  if (mix_.mode == Mode::no_sharing) {
    std::vector<Deployed<Network>> apps;
    for (std::size_t app = 0; app < settings.size(); ++app) {
      apps.push_back({network(app, settings[app].candidate), 0, mix_.apps[app].positive});
    }
    return std::make_unique<SeparatePipeline>(mix_.base.input, std::move(apps), clock_);
  }
  std::vector<Deployed<Tail>> apps;
  for (std::size_t app = 0; app < settings.size(); ++app) {
    const std::size_t candidate = settings[app].candidate;
    apps.push_back({tail(app, candidate), mix_.apps[app].branchpoint[candidate], mix_.apps[app].positive});
  }
  return std::make_unique<SharedPipeline>(stem_, std::move(apps), clock_);
}

std::shared_ptr<Tail> Deployer::tail(std::size_t app, std::size_t candidate) {
  return cached(tails_, {app, candidate}, [&] {
    const MixedApp& mixed = mix_.apps[app];
    return std::make_shared<Tail>(stem_->stem, mixed.branchpoint[candidate],
                                  mixed.package.tail(mixed.candidate(candidate)));
  });
}

std::shared_ptr<Network> Deployer::network(std::size_t app, std::size_t candidate) {
  return cached(networks_, {app, candidate}, [&] {
    const MixedApp& mixed = mix_.apps[app];
    const Graph tail_graph = mixed.package.tail(mixed.candidate(candidate));
    return std::make_shared<Network>(engine_, join(mix_.base.graph, tail_graph));
  });
}

}  // namespace mainstream
