// Deployer: compiles stems, tails and whole networks once for all plans that use them.
#include "run/deployer.hpp"

#include <algorithm>

#include "graph/passes.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// Returns the living value of `cache` at `key`, or makes it.
template <typename Cache, typename Make>
auto cached(Cache& cache, const typename Cache::key_type& key, Make make) {
  auto& place = cache[key];
  auto found = place.lock();
  if (!found) place = found = make();
  return found;
}

// Ranges of a whole network: the base's up to the branchpoint, then the candidate's own.
Ranges joined_ranges(const Base& base, const Candidate& candidate) {
  Ranges ranges = candidate.ranges;
  const Graph stem = stem_of(base.graph, candidate.branchpoint);
  for (const auto& [tensor, range] : base.ranges) {
    if (stem.shapes.contains(tensor)) ranges[tensor] = range;
  }
  return ranges;
}

// A tail reads its stem's memory, so a tail in a cache keeps its stem alive.
struct BehindStem {
  std::shared_ptr<SharedStem> stem;
  Tail tail;
};

}  // namespace

std::unique_ptr<StreamPlan> Deployer::plan(const MixPlan& plan) {
  std::vector<double> fps;
  for (const Setting& setting : plan.settings) fps.push_back(setting.fps);
  auto pipeline = runs_alone(mode_) ? separate_pipeline(plan) : shared_pipeline(plan);
  return std::make_unique<StreamPlan>(
      StreamPlan{plans_++, plan.settings, Cadence(fps, mix_.stems.front().fps), std::move(pipeline)});
}

std::unique_ptr<Pipeline> Deployer::separate_pipeline(const MixPlan& plan) {
  std::vector<DeployedNetwork> apps;
  for (std::size_t app = 0; app < plan.settings.size(); ++app) {
    const Setting& setting = plan.settings[app];
    apps.push_back({network(app, setting.candidate, setting.number_types.tail), mix_.apps[app].positive});
  }
  return std::make_unique<SeparatePipeline>(mix_.stems.front().base.input, std::move(apps), clock_);
}

std::unique_ptr<Pipeline> Deployer::shared_pipeline(const MixPlan& plan) {
  std::vector<SharedNetwork::Member> members;
  std::vector<std::vector<std::size_t>> positive;
  for (std::size_t app = 0; app < plan.settings.size(); ++app) {
    members.push_back(member(plan, app));
    positive.push_back(mix_.apps[app].positive);
  }
  const auto shared = stem(plan.stem_types.front());
  return std::make_unique<SharedPipeline>(
      shared, SharedNetwork(std::shared_ptr<Stem>(shared, &shared->stem), std::move(members)),
      std::move(positive), clock_);
}

// Exits are cheap to compile, and become one product only together, so each plan compiles its own.
SharedNetwork::Member Deployer::member(const MixPlan& plan, std::size_t app) {
  const Setting& setting = plan.settings[app];
  const Candidate& candidate = mix_.apps[app].manifest().candidate(setting.candidate);
  if (candidate.kind == CandidateKind::tail) {
    return tail(plan.stem_types.front(), app, setting.candidate, setting.number_types.tail);
  }
  const auto same_rate = std::ranges::find(plan.settings, setting.fps, &Setting::fps);
  return ExitMember{mix_.apps[app].package.graph(candidate), setting.number_types.tail,
                    static_cast<int>(same_rate - plan.settings.begin())};
}

// Keeps all branchpoints that some candidate reads, so that another plan can use the same stem.
std::shared_ptr<SharedStem> Deployer::stem(const StemTypes& types) {
  last_stem_ = cached(stems_, types, [&] {
    const Mix::Stem& stem = mix_.stems.front();
    std::vector<std::string> tensors;
    std::vector<NumberType> by_tensor;
    for (const std::size_t place : stem.branchpoints) {
      tensors.push_back(stem.base.branchpoints[place].tensor);
      by_tensor.push_back(types[place]);
    }
    return std::make_shared<SharedStem>(stem.base.input,
                                        Stem(engine_, stem.base.graph, tensors, by_tensor, stem.base.ranges),
                                        stem.branchpoints);
  });
  return last_stem_;
}

std::shared_ptr<Tail> Deployer::tail(const StemTypes& stem, std::size_t app, const std::string& candidate,
                                     NumberType type) {
  return cached(tails_, {stem, {app, candidate, type}}, [&] {
    const Mix::App& mixed = mix_.apps[app];
    const Candidate& described = mixed.manifest().candidate(candidate);
    const auto shared = this->stem(stem);
    const auto behind = std::make_shared<BehindStem>(
        BehindStem{shared, Tail(shared->stem, mixed.package.graph(described), type, described.ranges)});
    return std::shared_ptr<Tail>(behind, &behind->tail);
  });
}

std::shared_ptr<Network> Deployer::network(std::size_t app, const std::string& candidate, NumberType type) {
  return cached(networks_, {app, candidate, type}, [&] {
    const Mix::App& mixed = mix_.apps[app];
    const Candidate& described = mixed.manifest().candidate(candidate);
    const Base& base = mix_.stems.front().base;
    return std::make_shared<Network>(engine_, join(base.graph, mixed.package.graph(described)), type,
                                     joined_ranges(base, described));
  });
}

}  // namespace mainstream
