// From a plan to compiled networks: makes a MixPlan runnable for one stream.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/planning.hpp"
#include "run/stream_plan.hpp"

namespace mainstream {

// Keeps the last stem that was requested, and all else as long as a plan uses it. For one thread at a time,
// which need not be the one that runs the plans.
class Deployer {
 public:
  // Serves the apps of the mix's first stem. `mix` outlives the deployer and its plans.
  Deployer(const Mix& mix, Mode mode, const Engine& engine, const Clock& clock)
      : mix_(mix), mode_(mode), engine_(engine), clock_(clock) {}

  // Compiles only what no living plan has.
  [[nodiscard]] std::unique_ptr<StreamPlan> plan(const MixPlan& plan);

  [[nodiscard]] std::shared_ptr<SharedStem> stem(const StemTypes& types);
  // The tail behind the stem with these number types.
  [[nodiscard]] std::shared_ptr<Tail> tail(const StemTypes& stem, std::size_t app,
                                           const std::string& candidate, NumberType type);
  [[nodiscard]] std::shared_ptr<Network> network(std::size_t app, const std::string& candidate,
                                                 NumberType type);

 private:
  using Key = std::tuple<std::size_t, std::string, NumberType>;  // app, candidate, number type

  [[nodiscard]] std::unique_ptr<Pipeline> shared_pipeline(const MixPlan& plan);
  [[nodiscard]] std::unique_ptr<Pipeline> separate_pipeline(const MixPlan& plan);
  [[nodiscard]] SharedNetwork::Member member(const MixPlan& plan, std::size_t app);

  const Mix& mix_;
  const Mode mode_;
  Engine engine_;
  const Clock& clock_;
  std::shared_ptr<SharedStem> last_stem_;
  std::map<StemTypes, std::weak_ptr<SharedStem>> stems_;
  std::map<std::pair<StemTypes, Key>, std::weak_ptr<Tail>> tails_;
  std::map<Key, std::weak_ptr<Network>> networks_;
  int plans_ = 0;
};

}  // namespace mainstream
