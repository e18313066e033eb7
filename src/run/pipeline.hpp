// What happens to one frame between the camera and the scores: scaling, stem and tails.
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

namespace mainstream {

// Where the time of one frame went, in wall-clock milliseconds of the analysis thread.
struct FrameTimes {
  using Segment = SharedNetwork::Times::Segment;
  // What an app runs itself: its tail, or its share of what computes the exits of several apps at once.
  struct Tail {
    std::size_t app = 0;
    double ms = 0;  // without sharing: of the app's whole network
  };
  double scale_ms = 0;
  std::vector<Segment> segments;
  std::vector<Tail> tails;
  double busy_ms = 0;  // from the start of scaling to the last score: what a budget meters
};

// Runs the apps of one plan. For one thread at a time.
class Pipeline {
 public:
  virtual ~Pipeline() = default;

  // Writes scores[i] for app due[i]; `due` ascends and is not empty. `times` is overwritten.
  virtual void run(const Picture& picture, std::span<const std::size_t> due, std::span<float> scores,
                   FrameTimes& times) = 0;
};

// What an app runs without sharing, from the picture on.
struct DeployedNetwork {
  std::shared_ptr<Network> network;
  std::vector<std::size_t> positive;  // classes
};

// Precisions of a stem's segments, by the branchpoint to which each is the way.
using StemPrecisions = std::vector<Precision>;

// The stem of a base, with the one scaled input of each frame. Plans that want the same precisions share it.
struct SharedStem {
  SharedStem(const InputSpec& input, Stem compiled)
      : scaler(input), input_values(scaler.size()), stem(std::move(compiled)) {}

  InputScaler scaler;
  std::vector<float> input_values;  // [3, height, width]
  Stem stem;
};

// Scales once, runs the stem once, and what is due when the stem has come to its branchpoint.
class SharedPipeline : public Pipeline {
 public:
  // Member i of the network is app i, and positive[i] are its positive classes; its stem is that of `shared`.
  SharedPipeline(std::shared_ptr<SharedStem> shared, SharedNetwork network,
                 std::vector<std::vector<std::size_t>> positive, const Clock& clock);
  void run(const Picture& picture, std::span<const std::size_t> due, std::span<float> scores,
           FrameTimes& times) override;

 private:
  std::shared_ptr<SharedStem> shared_;
  SharedNetwork network_;
  const std::vector<std::vector<std::size_t>> positive_;
  const Clock& clock_;
  SharedNetwork::Times times_;
};

// Each due app scales the picture and runs its whole network, as if it were alone on the machine; only
// decoding is common.
class SeparatePipeline : public Pipeline {
 public:
  SeparatePipeline(const InputSpec& input, std::vector<DeployedNetwork> apps, const Clock& clock);
  void run(const Picture& picture, std::span<const std::size_t> due, std::span<float> scores,
           FrameTimes& times) override;

 private:
  InputScaler scaler_;
  std::vector<float> input_values_;
  std::vector<DeployedNetwork> apps_;
  const Clock& clock_;
};

}  // namespace mainstream
