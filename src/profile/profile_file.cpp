#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/log.hpp"
#include "infer/layer_times.hpp"
#include "mainstream/error.hpp"
#include "mainstream/profile.hpp"
#include "package/number_type_json.hpp"
#include "package/sha256.hpp"

namespace mainstream {
namespace {

constexpr double kLongestMs = 1e7;
constexpr std::int64_t kMostRuns = 1'000'000'000;

std::string file_name(const Engine& engine, const Base& base, NumberType number_type) {
  const std::string key = fmt::format("{} {} {} {} {} {}", base.id, to_string(number_type), processor_name(),
                                      engine.threads(), engine_version(), MAINSTREAM_VERSION);
  return fmt::format("profile-{}.json", sha256(key).substr(0, 16));
}

// The profile in the file, if it was made for this base, engine and number type.
std::optional<Profile> stored_profile(const std::filesystem::path& path, const Engine& engine,
                                      const Base& base, NumberType number_type) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    Profile profile = read_profile(path);
    const bool fits = profile.base_id == base.id && profile.threads == engine.threads() &&
                      profile.number_type == number_type &&
                      profile.layer_ms.size() == static_cast<std::size_t>(base.layers());
    if (fits) return profile;
    module_log("profile").warn("{}: made for another base or engine; measuring again", path.string());
  } catch (const Error& error) {
    module_log("profile").warn("{}; measuring again", error.what());
  }
  return std::nullopt;
}

Json times_json(const std::map<std::string, double>& times) {
  Json json = Json::array();
  for (const auto& [what, ms] : times) json.push_back({{"what", what}, {"ms", ms}});
  return json;
}

std::map<std::string, double> parse_times(const JsonField& field) {
  std::map<std::string, double> times;
  for (std::size_t i = 0; i < field.size(); ++i) {
    times[field.at(i)["what"].text()] = field.at(i)["ms"].number(0, kLongestMs);
  }
  return times;
}

}  // namespace

std::filesystem::path cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return std::filesystem::path(cache) / "mainstream";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return std::filesystem::path(home) / ".cache" / "mainstream";
  return std::filesystem::temp_directory_path() / fmt::format("mainstream-{}", getuid());
}

void write_profile(const Profile& profile, const std::filesystem::path& path) {
  const Json json = {{"format", 4},
                     {"base", profile.base_id},
                     {"processor", profile.processor},
                     {"threads", profile.threads},
                     {"precision", to_string(profile.number_type)},
                     {"stem_median_ms", profile.stem.median_ms},
                     {"stem_p90_ms", profile.stem.p90_ms},
                     {"runs", profile.stem.runs},
                     {"outliers", profile.stem.outliers},
                     {"layer_ms", profile.layer_ms},
                     {"scale_ms", times_json(profile.scale_ms)},
                     {"own_ms", times_json(profile.own_ms)}};
  write_file(path, json_text(json, 1) + "\n");
}

Profile read_profile(const std::filesystem::path& path) {
  const JsonField root = read_json(read_file(path), path.string());
  (void)root["format"].integer(4, 4);
  Profile profile;
  profile.base_id = root["base"].text();
  profile.processor = root["processor"].text();
  profile.threads = static_cast<int>(root["threads"].integer(1, 4096));
  profile.number_type = parse_number_type(root["precision"]);
  profile.stem.median_ms = root["stem_median_ms"].number(0, kLongestMs);
  profile.stem.p90_ms = root["stem_p90_ms"].number(0, kLongestMs);
  profile.stem.runs = static_cast<std::size_t>(root["runs"].integer(0, kMostRuns));
  profile.stem.outliers = static_cast<std::size_t>(root["outliers"].integer(0, kMostRuns));
  const JsonField layers = root["layer_ms"];
  for (std::size_t i = 0; i < layers.size(); ++i)
    profile.layer_ms.push_back(layers.at(i).number(0, kLongestMs));
  profile.scale_ms = parse_times(root["scale_ms"]);
  profile.own_ms = parse_times(root["own_ms"]);
  return profile;
}

void keep_profile(const Engine& engine, const Base& base, const Profile& profile,
                  const std::filesystem::path& folder) {
  try {
    std::filesystem::create_directories(folder);
    write_profile(profile, folder / file_name(engine, base, profile.number_type));
  } catch (const std::exception& error) {
    module_log("profile").warn("cannot store the profile: {}", error.what());
  }
}

Profile fresh_profile(const Engine& engine, const Base& base, NumberType number_type,
                      const std::filesystem::path& folder, std::chrono::milliseconds duration) {
  Profile profile = profile_base(engine, base, number_type, duration);
  keep_profile(engine, base, profile, folder);
  return profile;
}

std::optional<Profile> find_profile(const Engine& engine, const Base& base, NumberType number_type,
                                    const std::filesystem::path& folder) {
  return stored_profile(folder / file_name(engine, base, number_type), engine, base, number_type);
}

Profile cached_profile(const Engine& engine, const Base& base, NumberType number_type,
                       const std::filesystem::path& folder, std::chrono::milliseconds duration) {
  if (auto stored = find_profile(engine, base, number_type, folder)) return *stored;
  return fresh_profile(engine, base, number_type, folder, duration);
}

}  // namespace mainstream
