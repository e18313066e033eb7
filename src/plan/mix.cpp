// Mix: verifies packages against their base and collects what their candidates use.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "mainstream/calibration.hpp"
#include "mainstream/error.hpp"
#include "mainstream/planning.hpp"
#include "mainstream/profile.hpp"

namespace mainstream {
namespace {

constexpr std::array kModes{std::pair{Mode::mainstream, "mainstream"}, std::pair{Mode::fixed, "fixed"},
                            std::pair{Mode::max_sharing, "max-sharing"}, std::pair{Mode::apart, "apart"},
                            std::pair{Mode::no_sharing, "no-sharing"}};

// Number types that the base offers and the processor computes in, the most exact first.
std::vector<NumberType> possible_types(const Base& base) {
  std::vector<NumberType> possible = offered_number_types(base);
  possible.insert(possible.begin(), NumberType::f32);
  return possible;
}

bool contains(const std::vector<NumberType>& types, NumberType type) {
  return std::ranges::find(types, type) != types.end();
}

std::vector<NumberTypes> types_of(const Candidate& candidate, const std::vector<NumberType>& types) {
  std::vector<NumberTypes> pairs{{}};
  for (const auto& [pair, quality] : candidate.number_types) {
    if (contains(types, pair.stem) && contains(types, pair.tail)) pairs.push_back(pair);
  }
  return pairs;
}

}  // namespace

const char* to_string(Mode mode) {
  for (const auto& [known, word] : kModes) {
    if (known == mode) return word;
  }
  return "?";
}

std::optional<Mode> mode_from(const std::string& name) {
  for (const auto& [mode, word] : kModes) {
    if (name == word) return mode;
  }
  return std::nullopt;
}

bool runs_alone(Mode mode) {
  return mode == Mode::apart || mode == Mode::no_sharing;
}

Setting Mix::App::overridden(Setting setting) const {
  if (overrides.threshold) setting.threshold = static_cast<float>(*overrides.threshold);
  if (overrides.votes) setting.votes = *overrides.votes;
  return setting;
}

std::size_t Mix::place(std::size_t stem, const std::string& tensor) const {
  const Base& base = stems[stem].base;
  return static_cast<std::size_t>(&base.branchpoint(tensor) - base.branchpoints.data());
}

Setting Mix::setting(std::size_t app, const std::string& candidate, double fps, int votes,
                     const NumberTypes& number_types) const {
  const Manifest& manifest = apps.at(app).manifest();
  const Candidate& described = manifest.candidate(candidate);
  const AnswerQuality* quality = described.quality(number_types);
  if (quality == nullptr) {
    throw Error(ErrorKind::usage, fmt::format("app \"{}\": candidate {} was not measured with {}",
                                              manifest.app, candidate, to_string(number_types)));
  }
  return {.candidate = candidate,
          .fps = fps,
          .votes = votes,
          .number_types = number_types,
          .branchpoint = described.branchpoint,
          .threshold = quality->threshold};
}

void Mix::add_app(MPackage package, std::size_t stem, std::string id) {
  Stem& on = stems.at(stem);
  package.verify(on.base);
  const Manifest& manifest = package.manifest();
  if (id.empty()) id = manifest.app;
  for (const App& other : apps) {
    if (other.stem != stem || other.name() != id) continue;
    throw Error(
        ErrorKind::usage,
        fmt::format("{} and {} are both of the app \"{}\", expected one package for each app of a stream",
                    other.package.path().string(), package.path().string(), id));
  }
  std::set<NumberType> types(on.number_types.begin(), on.number_types.end());
  std::set<std::size_t> places(on.branchpoints.begin(), on.branchpoints.end());
  const std::vector<NumberType> possible = possible_types(on.base);
  if (std::ranges::none_of(manifest.candidates, [&](const Candidate& c) { return counts(c); })) {
    throw Error(ErrorKind::usage, fmt::format("{}: app \"{}\" has no candidate of kind {}",
                                              package.path().string(), manifest.app, to_string(*only)));
  }
  for (const Candidate& candidate : manifest.candidates) {
    if (!counts(candidate)) continue;
    for (const NumberTypes& pair : types_of(candidate, possible)) types.insert({pair.stem, pair.tail});
    for (const std::string& tensor : candidate.reads) places.insert(place(stem, tensor));
  }
  on.number_types.assign(types.begin(), types.end());
  on.branchpoints.assign(places.begin(), places.end());
  std::vector<std::size_t> positive = positive_classes(manifest);
  apps.push_back({std::move(package), stem, std::move(positive), std::move(id)});
}

Mix read_mix(const std::filesystem::path& base, const std::vector<std::filesystem::path>& packages,
             const std::string& stream, double fps, int width, int height,
             std::optional<CandidateKind> only) {
  if (packages.empty()) throw Error(ErrorKind::usage, "no app: give at least one M-Package");
  Mix mix;
  mix.only = only;
  mix.stems.push_back({.stream = stream,
                       .fps = fps,
                       .width = width,
                       .height = height,
                       .region = {},
                       .base = read_base(base),
                       .number_types = {},
                       .branchpoints = {}});
  for (const std::filesystem::path& path : packages) mix.add_app(MPackage::open(path));
  return mix;
}

// Number types are in the order of their exactness.
void Mix::limit_number_types(NumberType least_exact) {
  for (Stem& stem : stems)
    std::erase_if(stem.number_types, [&](NumberType type) { return type > least_exact; });
}

std::vector<NumberTypes> number_types_of(const Candidate& candidate, const Mix::Stem& stem) {
  return types_of(candidate, stem.number_types);
}

}  // namespace mainstream
