// Costs of a mix's parts on this machine: from the cached profiles; what they lack is measured and kept
// there.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "infer/measure.hpp"
#include "mainstream/media.hpp"
#include "mainstream/planning.hpp"
#include "media/pixels.hpp"
#include "package/sha256.hpp"
#include "plan/problem.hpp"

namespace mainstream {
namespace {

constexpr auto kPartTime = std::chrono::milliseconds(20);

// Two networks of one structure do the same work, whatever their weights.
std::string structure_of(const Graph& graph) {
  std::string text;
  for (const std::string& input : graph.inputs) text += input + " " + to_string(graph.shape(input)) + "\n";
  for (const Node& node : graph.nodes) {
    text += op_name(node.op) + " " + to_string(graph.shape(node.output));
    for (const std::string& input : node.inputs) {
      text += graph.is_constant(input) ? " const " + to_string(graph.constant(input).shape) : " " + input;
    }
    text += '\n';
  }
  return sha256(text).substr(0, 16);
}

double measure_scaling(const InputSpec& input, int width, int height) {
  const std::vector<std::uint8_t> grey(
      static_cast<std::size_t>(3) * static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 127);
  // In the pixel format that cameras send.
  const Picture picture = decode_picture(encode_jpeg(picture_from_rgb(width, height, grey)), "grey picture");
  InputScaler scaler(input);
  std::vector<float> values(scaler.size());
  return measure([&] { scaler.scale(picture, values); }, kPartTime).median_ms;
}

// The profile of one base in one number type, which grows by what is measured of apps.
class GrowingProfile {
 public:
  GrowingProfile(const Engine& engine, const Mix::Stem& stem, NumberType type,
                 const std::filesystem::path& folder)
      : engine_(engine),
        stem_(stem),
        type_(type),
        folder_(folder),
        profile_(cached_profile(engine, stem.base, type, folder)) {}

  [[nodiscard]] std::vector<double> segment_ms() const {
    std::vector<double> segments{0};
    const std::vector<Branchpoint>& places = stem_.base.branchpoints;
    for (std::size_t i = 1; i < places.size(); ++i) {
      segments.push_back(profile_.range_ms(places[i - 1].layers, places[i].layers));
    }
    return segments;
  }

  double scale_ms() {
    const auto part = [](int side, double share) {
      return std::max(1, static_cast<int>(std::lround(side * share)));
    };
    const int width = part(stem_.width, stem_.region.width), height = part(stem_.height, stem_.region.height);
    return known(profile_.scale_ms, fmt::format("{}x{}", width, height),
                 [&] { return measure_scaling(stem_.base.input, width, height); });
  }

  double own_ms(const Graph& graph, const Ranges& ranges) {
    return known(profile_.own_ms, structure_of(graph), [&] { return measure_own(graph, ranges); });
  }

  void keep() const {
    if (grown_) keep_profile(engine_, stem_.base, profile_, folder_);
  }

 private:
  template <typename Measure>
  double known(std::map<std::string, double>& values, const std::string& key, const Measure& measured) {
    const auto found = values.find(key);
    if (found != values.end()) return found->second;
    grown_ = true;
    return values[key] = measured();
  }

  // Behind a stem of the same number type, on what it makes of a grey picture.
  double measure_own(const Graph& graph, const Ranges& ranges) {
    if (!compiled_) {
      std::vector<std::string> tensors;
      for (const std::size_t place : stem_.branchpoints) {
        tensors.push_back(stem_.base.branchpoints[place].tensor);
      }
      compiled_.emplace(engine_, stem_.base.graph, tensors, std::vector<NumberType>(tensors.size(), type_),
                        stem_.base.ranges);
      const InputSpec& input = stem_.base.input;
      compiled_->load(std::vector<float>(static_cast<std::size_t>(3 * input.height * input.width), 0.5F));
      compiled_->run_to(tensors.size() - 1);
    }
    Tail network(*compiled_, graph, type_, ranges);
    return measure([&] { network.run(); }, kPartTime).median_ms;
  }

  const Engine& engine_;
  const Mix::Stem& stem_;
  const NumberType type_;
  const std::filesystem::path& folder_;
  Profile profile_;
  bool grown_ = false;
  std::optional<Stem> compiled_;
};

bool runs_in(NumberType type, const Candidate& candidate, const Mix::Stem& stem) {
  const auto pairs = number_types_of(candidate, stem);
  return std::ranges::find(pairs, type, &NumberTypes::tail) != pairs.end();
}

void add_own_costs(const Mix& mix, std::size_t stem, NumberType type, GrowingProfile& profile, Costs& costs) {
  for (std::size_t a = 0; a < mix.apps.size(); ++a) {
    const Mix::App& app = mix.apps[a];
    if (app.stem != stem) continue;
    for (const Candidate& candidate : app.manifest().candidates) {
      if (!mix.counts(candidate) || !runs_in(type, candidate, mix.stems[stem])) continue;
      costs.own_ms[a][{candidate.id, type}] = profile.own_ms(app.package.graph(candidate), candidate.ranges);
    }
  }
}

}  // namespace

void scale_by(double threads, Costs& costs) {
  for (Costs::Stem& stem : costs.stems) {
    stem.scale_ms *= threads;
    for (auto& [type, segments] : stem.segment_ms)
      for (double& ms : segments) ms *= threads;
  }
  for (auto& app : costs.own_ms)
    for (auto& [own, ms] : app) ms *= threads;
}

Costs known_costs(const Engine& engine, const Mix& mix, const std::filesystem::path& folder) {
  Costs costs;
  costs.own_ms.resize(mix.apps.size());
  for (std::size_t s = 0; s < mix.stems.size(); ++s) {
    Costs::Stem& stem = costs.stems.emplace_back();
    for (const NumberType type : mix.stems[s].number_types) {
      GrowingProfile profile(engine, mix.stems[s], type, folder);
      stem.segment_ms[type] = profile.segment_ms();
      if (type == NumberType::f32) stem.scale_ms = profile.scale_ms();
      add_own_costs(mix, s, type, profile, costs);
      profile.keep();
    }
  }
  scale_by(engine.threads(), costs);
  return costs;
}

}  // namespace mainstream
