// Tries a package's networks: whether they answer with numbers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "core/text.hpp"
#include "mainstream/error.hpp"
#include "mainstream/planning.hpp"

namespace mainstream {
namespace {

// A network's input [1, 3, height, width] that shows noise over the whole range of a picture's values.
std::vector<float> noise_input(const InputSpec& input) {
  std::mt19937 random(1);
  std::vector<float> values;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (int pixel = 0; pixel < input.width * input.height; ++pixel) {
      const auto level = static_cast<float>(random() % 256);
      values.push_back((level - input.mean[channel]) * input.scale[channel]);
    }
  }
  return values;
}

// The tensors that the candidates read, in the base's order.
std::vector<std::string> places_read(const Manifest& manifest, const Base& base) {
  std::set<std::string> read;
  for (const Candidate& candidate : manifest.candidates)
    read.insert(candidate.reads.begin(), candidate.reads.end());
  std::vector<std::string> places;
  for (const Branchpoint& branchpoint : base.branchpoints) {
    if (read.contains(branchpoint.tensor)) places.push_back(branchpoint.tensor);
  }
  return places;
}

}  // namespace

void check_answers(const MPackage& package, const Base& base) {
  const Manifest& manifest = package.manifest();
  const Engine engine({.threads = 1});
  const std::vector<std::string> places = places_read(manifest, base);
  Stem stem(engine, base.graph, places);
  stem.load(noise_input(base.input));
  stem.run_to(places.size() - 1);
  for (const Candidate& candidate : manifest.candidates) {
    Tail network(stem, package.graph(candidate));
    const std::span<const float> logits = network.run();
    if (std::ranges::all_of(logits, [](float logit) { return std::isfinite(logit); })) continue;
    throw Error(ErrorKind::untrusted,
                fmt::format("{}: {}: candidate {} answers a picture of noise with logits that are not finite",
                            package.path().string(), candidate.file, candidate.id));
  }
}

}  // namespace mainstream
