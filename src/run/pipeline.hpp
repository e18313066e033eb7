// One frame from picture to scores: scaling, stem and tails.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "infer/shared_network.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/media.hpp"
#include "mainstream/planning.hpp"

namespace mainstream {

// Where the time of one frame went, in milliseconds on the clock.
struct FrameTimes {
  // A run of the stem to this place of the base, from the place before it that was run to.
  struct Segment {
    std::size_t place = 0;
    double ms = 0;
  };
  // The time of an app's own network: its tail, or its share of a product of several apps' exits.
  struct Tail {
    std::size_t app = 0;
    double ms = 0;  // without sharing: of the app's whole network
  };
  double scale_ms = 0;
  std::vector<Segment> segments;
  std::vector<Tail> tails;
  double busy_ms = 0;  // from the start of scaling to the last score: what a budget meters
};

// Runs one stem's apps of one plan, on its part of each picture. For one thread at a time.
class Pipeline {
 public:
  virtual ~Pipeline() = default;

  // Writes scores[i] for app due[i]; `due` ascends and is not empty. `times` is overwritten.
  virtual void run(const Picture& picture, std::span<const std::size_t> due, std::span<float> scores,
                   FrameTimes& times) = 0;
};

// An app's whole network, which it runs without sharing.
struct DeployedNetwork {
  std::shared_ptr<Network> network;
  std::vector<std::size_t> positive;  // classes
};

// By place of the base: the number type of the segment that ends there.
using StemTypes = std::vector<NumberType>;

// The stem of a base, with the one scaled input of each frame. Plans that want the same number types share
// it.
struct SharedStem {
  SharedStem(const InputSpec& input, Stem compiled, std::vector<std::size_t> base_places)
      : scaler(input),
        input_values(scaler.size()),
        stem(std::move(compiled)),
        places(std::move(base_places)) {}

  InputScaler scaler;
  std::vector<float> input_values;  // [3, height, width]
  Stem stem;
  std::vector<std::size_t> places;  // of the base, by the stem's branchpoint
};

// Scales once and runs the stem once; each network that is due runs when the stem has come to its
// branchpoint.
class SharedPipeline : public Pipeline {
 public:
  // Member i of the network is app i, and positive[i] are its positive classes; its stem is that of `shared`.
  SharedPipeline(std::shared_ptr<SharedStem> shared, SharedNetwork network, const Region& region,
                 std::vector<std::vector<std::size_t>> positive, const Clock& clock);
  void run(const Picture& picture, std::span<const std::size_t> due, std::span<float> scores,
           FrameTimes& times) override;

 private:
  std::shared_ptr<SharedStem> shared_;
  SharedNetwork network_;
  const View view_;
  const std::vector<std::vector<std::size_t>> positive_;
  const Clock& clock_;
  SharedNetwork::Times times_;
};

// Each due app scales the picture and runs its whole network, as if it were alone on the machine; only
// decoding is common.
class SeparatePipeline : public Pipeline {
 public:
  SeparatePipeline(const InputSpec& input, const Region& region, std::vector<DeployedNetwork> apps,
                   const Clock& clock);
  void run(const Picture& picture, std::span<const std::size_t> due, std::span<float> scores,
           FrameTimes& times) override;

 private:
  InputScaler scaler_;
  const View view_;
  std::vector<float> input_values_;
  std::vector<DeployedNetwork> apps_;
  const Clock& clock_;
};

}  // namespace mainstream
