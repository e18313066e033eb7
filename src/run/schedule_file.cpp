#include "run/schedule_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "core/file.hpp"
#include "core/json.hpp"

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
    settings[app] = {candidate_index(entry, mix.apps[app]), entry["fps"].number(kMinFps, kMaxFps)};
  }
  std::vector<Setting> result;
  for (std::size_t app = 0; app < settings.size(); ++app) {
    if (!settings[app]) apps.fail(fmt::format("has no entry for the app \"{}\"", mix.apps[app].name()));
    result.push_back(*settings[app]);
  }
  return result;
}

}  // namespace mainstream
