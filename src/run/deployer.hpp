// Compiles what a plan needs for one stream and makes it runnable.
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

// Keeps the last stem that was asked for, and what else it compiled as long as a plan has it. One thread at a
// time, which need not be the one that runs the plans.
class Deployer {
 public:
  // For the apps of the mix's first stem. `mix` outlives the deployer and its plans.
  Deployer(const Mix& mix, Mode mode, const Engine& engine, const Clock& clock)
      : mix_(mix), mode_(mode), engine_(engine), clock_(clock) {}

  // Compiles what no living plan has.
  [[nodiscard]] std::unique_ptr<StreamPlan> plan(const MixPlan& plan);

  // By the number types of the way to each place of the base.
  [[nodiscard]] std::shared_ptr<SharedStem> stem(const StemTypes& types);
  // Behind the stem with these number types.
  [[nodiscard]] std::shared_ptr<Tail> tail(const StemTypes& stem, std::size_t app,
                                           const std::string& candidate, Precision type);
  [[nodiscard]] std::shared_ptr<Network> network(std::size_t app, const std::string& candidate,
                                                 Precision type);

 private:
  using Key = std::tuple<std::size_t, std::string, Precision>;  // app, candidate, number type

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
