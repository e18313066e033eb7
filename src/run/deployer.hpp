// Compiles what a schedule needs and makes a plan of it.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "mainstream/engine.hpp"
#include "run/app_mix.hpp"
#include "run/stream_plan.hpp"

namespace mainstream {

// Keeps the last stem that was asked for, and what else it compiled as long as a plan has it. One thread at a
// time, which need not be the one that runs the plans.
class Deployer {
 public:
  // `mix` outlives the deployer and its plans.
  Deployer(const AppMix& mix, const Engine& engine, const Clock& clock)
      : mix_(mix), engine_(engine), clock_(clock) {}

  [[nodiscard]] const AppMix& mix() const { return mix_; }

  // settings[i] is for app i, stem[i] for the way to the mix's branchpoint i (without sharing there is none).
  // Compiles what no living plan has.
  [[nodiscard]] std::unique_ptr<StreamPlan> plan(std::span<const Setting> settings,
                                                 const StemPrecisions& stem, double stream_fps);

  [[nodiscard]] std::shared_ptr<SharedStem> stem(const StemPrecisions& precisions);
  // Behind the stem with these precisions.
  [[nodiscard]] std::shared_ptr<Tail> tail(const StemPrecisions& stem, std::size_t app, std::size_t candidate,
                                           Precision precision);
  [[nodiscard]] std::shared_ptr<Network> network(std::size_t app, std::size_t candidate, Precision precision);

 private:
  using Key = std::tuple<std::size_t, std::size_t, Precision>;  // app, candidate, precision

  [[nodiscard]] std::unique_ptr<Pipeline> pipeline(std::span<const Setting> settings,
                                                   const StemPrecisions& stem);

  [[nodiscard]] SharedNetwork::Member member(const StemPrecisions& stem, std::size_t app,
                                             std::span<const Setting> settings);

  const AppMix& mix_;
  Engine engine_;
  const Clock& clock_;
  std::shared_ptr<SharedStem> last_stem_;
  std::map<StemPrecisions, std::weak_ptr<SharedStem>> stems_;
  std::map<std::pair<StemPrecisions, Key>, std::weak_ptr<Tail>> tails_;
  std::map<Key, std::weak_ptr<Network>> networks_;
  int plans_ = 0;
};

}  // namespace mainstream
