// Reads a schedule file: every field is untrusted.
#include "run/schedule_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "core/file.hpp"
#include "core/json_field.hpp"
#include "core/text.hpp"
#include "package/number_type_json.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{16} << 20;
constexpr double kMinFps = 1e-3, kMaxFps = 1e6;

std::size_t app_index(const JsonField& id, const Mix& mix) {
  const std::string name = id.text();
  const auto found = std::ranges::find_if(mix.apps, [&](const Mix::App& app) { return app.name() == name; });
  if (found != mix.apps.end()) return static_cast<std::size_t>(found - mix.apps.begin());
  std::vector<std::string> known;
  for (const Mix::App& app : mix.apps) known.push_back(app.name());
  id.fail(fmt::format("names the app {}, expected one of {}", in_quotes(name), word_list(known)));
}

template <typename Fits>
const Candidate& find_candidate(const JsonField& field, const Mix::App& app, const Fits& fits,
                                const std::function<std::string(const Candidate&)>& name) {
  const std::vector<Candidate>& candidates = app.manifest().candidates;
  const auto found = std::ranges::find_if(candidates, fits);
  if (found != candidates.end()) return *found;
  std::vector<std::string> known;
  for (const Candidate& candidate : candidates) known.push_back(name(candidate));
  field.fail(fmt::format("names no candidate of the package, expected one of {}", word_list(known)));
}

// Finds the candidate by its id; older schedules name a branchpoint, which stands for the first candidate
// there.
const Candidate& candidate_of(const JsonField& entry, const Mix::App& app) {
  if (const auto field = entry.find("candidate")) {
    const std::string id = field->text();
    return find_candidate(
        *field, app, [&](const Candidate& c) { return c.id == id; }, [](const Candidate& c) { return c.id; });
  }
  if (const auto field = entry.find("branchpoint")) {
    const std::string tensor = field->text();
    return find_candidate(
        *field, app, [&](const Candidate& c) { return c.branchpoint == tensor; },
        [](const Candidate& c) { return c.branchpoint; });
  }
  const JsonField field = entry["frozen"];
  const std::int64_t layers = field.integer(0, INT32_MAX);
  return find_candidate(
      field, app, [&](const Candidate& c) { return c.frozen_layers == layers; },
      [](const Candidate& c) { return std::to_string(c.frozen_layers); });
}

// The number types of the entry, f32 where it names none.
NumberTypes types_of(const JsonField& entry, const Candidate& candidate, const Mix::Stem& stem, Mode mode) {
  NumberTypes pair;
  if (const auto field = entry.find("stem_precision")) pair.stem = parse_number_type(*field);
  if (const auto field = entry.find("tail_precision")) pair.tail = parse_number_type(*field);
  std::vector<NumberTypes> possible = number_types_of(candidate, stem);
  if (runs_alone(mode) && candidate.frozen_layers > 0) {
    std::erase_if(possible, [](const NumberTypes& other) { return other.stem != other.tail; });
  }
  if (std::ranges::find(possible, pair) != possible.end()) return pair;
  std::vector<std::string> known;
  for (const NumberTypes& other : possible) known.push_back(to_string(other));
  entry.fail(
      fmt::format("{} is not possible with this base, package, processor and mode, expected one of: {}",
                  to_string(pair), joined(known, "; ")));
}

int votes_of(const JsonField& entry, const Mix::App& app) {
  const auto field = entry.find("votes");
  return field ? static_cast<int>(field->integer(1, 1000)) : app.manifest().event.votes;
}

// Checks that the stem has one number type at each place, and no more exact one behind it.
void check_stem(const JsonField& apps, const std::vector<Setting>& settings, const Mix& mix) {
  const auto place = [&](std::size_t a) {
    const Mix::App& app = mix.apps[a];
    return mix.place(app.stem, settings[a].branchpoint);
  };
  for (std::size_t a = 0; a < settings.size(); ++a) {
    for (std::size_t b = 0; b < settings.size(); ++b) {
      const NumberType first = settings[a].number_types.stem, second = settings[b].number_types.stem;
      if (place(a) > place(b) || first == second || (place(a) < place(b) && first < second)) continue;
      apps.fail(
          fmt::format("cannot have the stem of \"{}\" in {} and that of \"{}\" in {}: a branchpoint has one "
                      "number type, and a deeper one has none that is more exact",
                      mix.apps[a].name(), to_string(first), mix.apps[b].name(), to_string(second)));
    }
  }
}

}  // namespace

std::vector<Setting> read_schedule(const std::filesystem::path& path, const Mix& mix, Mode mode) {
  const JsonField root = read_json(read_file(path, kMaxBytes), path.string());
  const JsonField apps = root["apps"];
  std::vector<std::optional<Setting>> settings(mix.apps.size());
  for (std::size_t i = 0; i < apps.size(); ++i) {
    const JsonField entry = apps.at(i);
    const std::size_t a = app_index(entry["id"], mix);
    const Mix::App& app = mix.apps[a];
    if (settings[a]) entry["id"].fail(fmt::format("is a duplicate of \"{}\"", app.name()));
    const Candidate& candidate = candidate_of(entry, app);
    settings[a] = mix.setting(a, candidate.id, entry["fps"].number(kMinFps, kMaxFps), votes_of(entry, app),
                              types_of(entry, candidate, mix.stems[app.stem], mode));
  }
  std::vector<Setting> result;
  for (std::size_t a = 0; a < settings.size(); ++a) {
    if (!settings[a]) apps.fail(fmt::format("has no entry for the app \"{}\"", mix.apps[a].name()));
    result.push_back(*settings[a]);
  }
  if (!runs_alone(mode)) check_stem(apps, result, mix);
  return result;
}

}  // namespace mainstream
