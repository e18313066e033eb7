// Deployer: compiles stems, tails and whole networks once for all plans that use them.
#include "run/deployer.hpp"

#include <algorithm>
#include <cmath>

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

// The setting's votes, and for the rest what the app's owner or else the package says.
EventRule event_rule(const Mix::App& app, int votes, double stream_fps) {
  const auto frames = [&](double ms) {
    return static_cast<std::int64_t>(std::llround(ms * 1e-3 * stream_fps));
  };
  const auto given = [&](const std::optional<std::chrono::milliseconds>& time, double otherwise_ms) {
    return frames(time ? static_cast<double>(time->count()) : otherwise_ms);
  };
  EventRule rule{.votes = votes,
                 .merge_gap = given(app.overrides.merge_gap, app.manifest().event.merge_gap_ms),
                 .min_length = given(app.overrides.min_length, 0),
                 .max_length = given(app.overrides.max_length, 0)};
  // A limit below a frame is one frame; no limit stays none.
  if (app.overrides.max_length) rule.max_length = std::max<std::int64_t>(1, rule.max_length);
  return rule;
}

AnsweredBy answered_by(const Setting& setting, const Mix& mix, std::size_t app, const StemTypes& types,
                       bool alone) {
  const std::size_t stem = mix.apps[app].stem;
  const std::size_t place = mix.place(stem, setting.branchpoint);
  AnsweredBy by{
      {setting.number_types.tail}, setting.number_types.tail, setting.threshold, mix.stems[stem].region};
  if (!alone) by.stem.assign(types.begin(), types.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  return by;
}

// A tail reads its stem's memory, so a tail in a cache keeps its stem alive.
struct BehindStem {
  std::shared_ptr<SharedStem> stem;
  Tail tail;
};

}  // namespace

struct Deployer::Part {
  const Mix& mix;
  const MixPlan& plan;
  std::size_t index;                   // of the stem
  std::vector<std::size_t> apps = {};  // of the stem

  [[nodiscard]] const Mix::Stem& stem() const { return mix.stems[index]; }
  [[nodiscard]] const StemTypes& types() const { return plan.stem_types[index]; }
  [[nodiscard]] const Setting& setting(std::size_t app) const { return plan.settings[app]; }
};

std::vector<std::unique_ptr<StemPlan>> Deployer::plan(const Mix& mix, const MixPlan& plan) {
  forget_unused();
  std::vector<std::unique_ptr<StemPlan>> plans;
  for (std::size_t s = 0; s < mix.stems.size(); ++s) {
    Part part{mix, plan, s};
    std::vector<StemPlan::App> apps;
    std::vector<double> fps;
    for (std::size_t a = 0; a < mix.apps.size(); ++a) {
      const Mix::App& app = mix.apps[a];
      if (app.stem != s) continue;
      part.apps.push_back(a);
      fps.push_back(plan.settings[a].fps);
      const Setting setting = app.overridden(plan.settings[a]);
      apps.push_back({app.name(), event_rule(app, setting.votes, mix.stems[s].fps), app.package.sha256(),
                      setting, answered_by(setting, mix, a, part.types(), runs_alone(mode_))});
    }
    auto pipeline = runs_alone(mode_) ? separate_pipeline(part) : shared_pipeline(part);
    plans.push_back(std::make_unique<StemPlan>(
        StemPlan{plans_, std::move(apps), Cadence(fps, mix.stems[s].fps), std::move(pipeline)}));
  }
  ++plans_;
  return plans;
}

void Deployer::forget_unused() {
  const auto unused = [](const auto& entry) { return entry.second.expired(); };
  std::erase_if(stems_, unused);
  std::erase_if(tails_, unused);
  std::erase_if(networks_, unused);
}

std::unique_ptr<Pipeline> Deployer::separate_pipeline(const Part& part) {
  std::vector<DeployedNetwork> apps;
  for (const std::size_t app : part.apps) {
    const Setting& setting = part.setting(app);
    apps.push_back(
        {network(part.mix, app, setting.candidate, setting.number_types.tail), part.mix.apps[app].positive});
  }
  return std::make_unique<SeparatePipeline>(part.stem().base.input, part.stem().region, std::move(apps),
                                            clock_);
}

std::unique_ptr<Pipeline> Deployer::shared_pipeline(const Part& part) {
  const auto shared = stem(part.stem(), part.types());
  std::vector<SharedNetwork::Member> members;
  std::vector<std::vector<std::size_t>> positive;
  for (const std::size_t app : part.apps) {
    members.push_back(member(part, app));
    positive.push_back(part.mix.apps[app].positive);
  }
  return std::make_unique<SharedPipeline>(
      shared, SharedNetwork(std::shared_ptr<Stem>(shared, &shared->stem), std::move(members)),
      part.stem().region, std::move(positive), clock_);
}

// Exits are cheap to compile, and become one product only together, so each plan compiles its own.
SharedNetwork::Member Deployer::member(const Part& part, std::size_t app) {
  const Setting& setting = part.setting(app);
  const Mix::App& mixed = part.mix.apps[app];
  const Candidate& candidate = mixed.manifest().candidate(setting.candidate);
  if (candidate.kind == CandidateKind::tail) {
    return tail(part.mix, part.types(), app, setting.candidate, setting.number_types.tail);
  }
  const auto same_rate = std::ranges::find_if(
      part.apps, [&](std::size_t other) { return part.setting(other).fps == setting.fps; });
  return ExitMember{mixed.package.graph(candidate), setting.number_types.tail,
                    static_cast<int>(same_rate - part.apps.begin())};
}

// Keeps all branchpoints that some candidate reads, so that another plan can use the same stem.
std::shared_ptr<SharedStem> Deployer::stem(const Mix::Stem& stem, const StemTypes& types) {
  return cached(stems_, {key_of(stem), types, stem.branchpoints}, [&] {
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
}

std::shared_ptr<Tail> Deployer::tail(const Mix& mix, const StemTypes& types, std::size_t app,
                                     const std::string& candidate, NumberType type) {
  const Mix::App& mixed = mix.apps[app];
  const auto shared = stem(mix.stems[mixed.stem], types);
  return cached(tails_, {shared.get(), {mixed.package.sha256(), candidate, type}}, [&] {
    const Candidate& described = mixed.manifest().candidate(candidate);
    const auto behind = std::make_shared<BehindStem>(
        BehindStem{shared, Tail(shared->stem, mixed.package.graph(described), type, described.ranges)});
    return std::shared_ptr<Tail>(behind, &behind->tail);
  });
}

std::shared_ptr<Network> Deployer::network(const Mix& mix, std::size_t app, const std::string& candidate,
                                           NumberType type) {
  const Mix::App& mixed = mix.apps[app];
  const Mix::Stem& stem = mix.stems[mixed.stem];
  return cached(networks_, {key_of(stem), {mixed.package.sha256(), candidate, type}}, [&] {
    const Candidate& described = mixed.manifest().candidate(candidate);
    return std::make_shared<Network>(engine_, join(stem.base.graph, mixed.package.graph(described)), type,
                                     joined_ranges(stem.base, described));
  });
}

}  // namespace mainstream
