#include "run/app_mix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "mainstream/error.hpp"
#include "run/package_problem.hpp"

namespace mainstream {
namespace {

std::vector<std::size_t> usable_candidates(const Manifest& manifest, Mode mode) {
  std::vector<std::size_t> all(manifest.candidates.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (mode == Mode::mainstream) return all;
  const auto [least, most] = std::minmax_element(all.begin(), all.end(), [&](std::size_t a, std::size_t b) {
    return manifest.candidates[a].frozen_layers < manifest.candidates[b].frozen_layers;
  });
  return {mode == Mode::no_sharing ? *least : *most};
}

void refuse_repeated_apps(const std::vector<MixedApp>& apps) {
  for (std::size_t a = 0; a < apps.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (apps[a].name() != apps[b].name()) continue;
      throw Error(
          ErrorKind::usage,
          fmt::format("{} and {} are both of the app \"{}\"; each app can run once on a stream",
                      apps[b].package.path().string(), apps[a].package.path().string(), apps[a].name()));
    }
  }
}

// The branchpoints in use, and every candidate's place among them.
void place_on_stem(AppMix& mix) {
  std::set<std::string> used;
  mix.branchpoints.clear();
  for (const MixedApp& app : mix.apps) {
    for (const std::size_t candidate : app.usable) used.insert(app.candidate(candidate).branchpoint);
  }
  for (const Branchpoint& branchpoint : mix.base.branchpoints) {
    if (used.contains(branchpoint.tensor)) mix.branchpoints.push_back(branchpoint.tensor);
  }
  for (MixedApp& app : mix.apps) {
    app.branchpoint.clear();
    for (const Candidate& candidate : app.package.manifest().candidates) {
      const auto place = std::find(mix.branchpoints.begin(), mix.branchpoints.end(), candidate.branchpoint);
      app.branchpoint.push_back(static_cast<std::size_t>(place - mix.branchpoints.begin()));
    }
  }
}

}  // namespace

EventRule AppMix::event_rule(std::size_t app, double stream_fps) const {
  const EventModel& events = apps[app].package.manifest().event;
  return {.votes = events.votes,
          .merge_gap = static_cast<std::int64_t>(std::llround(events.merge_gap_ms * 1e-3 * stream_fps))};
}

std::vector<PrecisionPair> AppMix::precisions_of(const Candidate& candidate) const {
  std::vector<PrecisionPair> pairs = mainstream::precisions_of(candidate, precisions);
  if (mode == Mode::no_sharing && candidate.frozen_layers > 0) {
    std::erase_if(pairs, [](const PrecisionPair& pair) { return pair.stem != pair.tail; });
  }
  return pairs;
}

void AppMix::use_only(const std::vector<Setting>& settings) {
  std::set<Precision> used{Precision::f32};
  for (std::size_t app = 0; app < apps.size(); ++app) {
    apps[app].usable = {settings[app].candidate};
    used.insert({settings[app].precisions.stem, settings[app].precisions.tail});
  }
  precisions.assign(used.begin(), used.end());
  place_on_stem(*this);
}

AppMix read_mix(const std::filesystem::path& base, const std::vector<std::filesystem::path>& packages,
                Mode mode) {
  if (packages.empty()) throw Error(ErrorKind::usage, "no app to run: give at least one M-Package");
  AppMix mix{.base = read_base(base), .mode = mode, .apps = {}, .branchpoints = {}, .precisions = {}};
  for (const std::filesystem::path& path : packages) {
    MPackage package = MPackage::open(path);
    package.verify(mix.base);
    auto positive = positive_classes(package.manifest());
    auto usable = usable_candidates(package.manifest(), mode);
    mix.apps.push_back({std::move(package), std::move(positive), std::move(usable), {}});
  }
  refuse_repeated_apps(mix.apps);
  place_on_stem(mix);
  std::vector<const Manifest*> manifests;
  for (const MixedApp& app : mix.apps) manifests.push_back(&app.package.manifest());
  mix.precisions = useful_precisions(mix.base, manifests);
  return mix;
}

}  // namespace mainstream
