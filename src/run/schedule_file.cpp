#include "run/schedule_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "core/file.hpp"
#include "core/json.hpp"
#include "package/precision_json.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;
constexpr double kMinFps = 1e-3, kMaxFps = 1e6;

std::size_t app_index(const JsonField& id, const AppMix& mix) {
  const std::string name = id.text();
  const auto found =
      std::find_if(mix.apps.begin(), mix.apps.end(), [&](const MixedApp& app) { return app.name() == name; });
  if (found != mix.apps.end()) return static_cast<std::size_t>(found - mix.apps.begin());
  std::vector<std::string> known;
  for (const MixedApp& app : mix.apps) known.push_back(app.name());
  id.fail(fmt::format("names the app \"{}\"; those that run are {}", name, fmt::join(known, ", ")));
}

std::size_t candidate_index(const JsonField& entry, const MixedApp& app) {
  const std::vector<Candidate>& candidates = app.package.manifest().candidates;
  const auto branchpoint = entry.find("branchpoint");
  const auto fits = [&](const Candidate& candidate) {
    return branchpoint ? candidate.branchpoint == branchpoint->text()
                       : candidate.frozen_layers == entry["frozen"].integer(0, INT32_MAX);
  };
  const auto found = std::find_if(candidates.begin(), candidates.end(), fits);
  if (found != candidates.end()) return static_cast<std::size_t>(found - candidates.begin());
  std::vector<std::string> known;
  for (const Candidate& candidate : candidates) {
    known.push_back(branchpoint ? candidate.branchpoint : std::to_string(candidate.frozen_layers));
  }
  entry[branchpoint ? "branchpoint" : "frozen"].fail(
      fmt::format("must be one of the package's candidates: {}", fmt::join(known, ", ")));
}

// What stands there, else f32.
PrecisionPair precisions_of(const JsonField& entry, const Candidate& candidate, const AppMix& mix) {
  PrecisionPair pair;
  if (const auto stem = entry.find("stem_precision")) pair.stem = parse_precision(*stem);
  if (const auto tail = entry.find("tail_precision")) pair.tail = parse_precision(*tail);
  const std::vector<PrecisionPair> possible = mix.precisions_of(candidate);
  if (std::ranges::find(possible, pair) != possible.end()) return pair;
  std::vector<std::string> known;
  for (const PrecisionPair& other : possible) known.push_back(to_string(other));
  entry.fail(fmt::format("{} is not possible with this base, package, processor and mode: {}",
                         to_string(pair), fmt::join(known, "; ")));
}

// The stem runs in one precision at each place, and no more exactly behind it.
void check_stem(const JsonField& apps, const std::vector<Setting>& settings, const AppMix& mix) {
  const auto place = [&](std::size_t app) { return mix.apps[app].branchpoint[settings[app].candidate]; };
  for (std::size_t a = 0; a < settings.size(); ++a) {
    for (std::size_t b = 0; b < settings.size(); ++b) {
      const Precision first = settings[a].precisions.stem, second = settings[b].precisions.stem;
      if (place(a) > place(b) || first == second || (place(a) < place(b) && first < second)) continue;
      apps.fail(
          fmt::format("cannot have the stem of \"{}\" in {} and that of \"{}\" in {}: one branchpoint has "
                      "one precision, and deeper ones no more exact ones",
                      mix.apps[a].name(), to_string(first), mix.apps[b].name(), to_string(second)));
    }
  }
}

}  // namespace

std::vector<Setting> read_schedule(const std::filesystem::path& path, const AppMix& mix) {
  const Json json = parse_json(read_file(path, kMaxBytes), path.string());
  const JsonField root(json, path.string() + ":");
  const JsonField apps = root["apps"];
  std::vector<std::optional<Setting>> settings(mix.apps.size());
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const JsonField entry = apps.at(i);
    const std::size_t app = app_index(entry["id"], mix);
    if (settings[app]) entry["id"].fail(fmt::format("names \"{}\" a second time", mix.apps[app].name()));
    const std::size_t candidate = candidate_index(entry, mix.apps[app]);
    settings[app] = {candidate, entry["fps"].number(kMinFps, kMaxFps),
                     precisions_of(entry, mix.apps[app].candidate(candidate), mix)};
  }
  std::vector<Setting> result;
  for (std::size_t app = 0; app < settings.size(); ++app) {
    if (!settings[app]) apps.fail(fmt::format("has no entry for the app \"{}\"", mix.apps[app].name()));
    result.push_back(*settings[app]);
  }
  if (mix.mode != Mode::no_sharing) check_stem(apps, result, mix);
  return result;
}

}  // namespace mainstream
