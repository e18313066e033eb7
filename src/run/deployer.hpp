// Compiles what a schedule needs and makes a plan of it.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "mainstream/engine.hpp"
#include "run/app_mix.hpp"
#include "run/stream_plan.hpp"

namespace mainstream {

// What one app is set to.
struct Setting {
  std::size_t candidate = 0;  // index into the package's
  double fps = 0;
  bool operator==(const Setting&) const = default;
};

// Keeps the stem, and compiled networks as long as a plan has them. One thread at a time, which need not be
// the one that runs the plans.
class Deployer {
 public:
  // `mix` outlives the deployer and its plans. Without sharing there is no stem to compile.
  Deployer(const AppMix& mix, const Engine& engine, const Clock& clock);

  [[nodiscard]] const AppMix& mix() const { return mix_; }
  [[nodiscard]] const std::shared_ptr<SharedStem>& stem() const { return stem_; }

  // settings[i] is for app i. Compiles the networks that no living plan has.
  [[nodiscard]] std::unique_ptr<StreamPlan> plan(std::span<const Setting> settings, double stream_fps);

  [[nodiscard]] std::shared_ptr<Tail> tail(std::size_t app, std::size_t candidate);
  [[nodiscard]] std::shared_ptr<Network> network(std::size_t app, std::size_t candidate);

 private:
  using Key = std::pair<std::size_t, std::size_t>;  // app, candidate

  [[nodiscard]] std::unique_ptr<Pipeline> pipeline(std::span<const Setting> settings);

  const AppMix& mix_;
  Engine engine_;
  const Clock& clock_;
  std::shared_ptr<SharedStem> stem_;
  std::map<Key, std::weak_ptr<Tail>> tails_;
  std::map<Key, std::weak_ptr<Network>> networks_;
  int plans_ = 0;
};

}  // namespace mainstream
