// From a plan to compiled networks: makes a MixPlan runnable.
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
#include "run/stem_plan.hpp"

namespace mainstream {

// Keeps what it compiled as long as a plan uses it, also when another mix takes over. Stems of one base share
// its weights, and each has its own buffers: two workers may run two stems at the same time. For one thread
// at a time, which need not be one that runs the plans.
class Deployer {
 public:
  Deployer(Mode mode, const Engine& engine, const Clock& clock)
      : mode_(mode), engine_(engine), clock_(clock) {}

  // One for each of the mix's stems, in its order. Compiles only what no living plan has.
  [[nodiscard]] std::vector<std::unique_ptr<StemPlan>> plan(const Mix& mix, const MixPlan& plan);

  [[nodiscard]] std::shared_ptr<SharedStem> stem(const Mix::Stem& stem, const StemTypes& types);
  // The app's tail behind its stem with these number types.
  [[nodiscard]] std::shared_ptr<Tail> tail(const Mix& mix, const StemTypes& types, std::size_t app,
                                           const std::string& candidate, NumberType type);
  // The app's whole network.
  [[nodiscard]] std::shared_ptr<Network> network(const Mix& mix, std::size_t app,
                                                 const std::string& candidate, NumberType type);

 private:
  // A stem's layouts depend on which of its tensors are read.
  using StemsKey = std::tuple<StemKey, StemTypes, std::vector<std::size_t>>;
  using OwnKey =
      std::tuple<std::string, std::string, NumberType>;  // package's sha256, candidate, number type

  struct Part;  // of a mix's plan: one stem's
  [[nodiscard]] std::unique_ptr<Pipeline> shared_pipeline(const Part& part);
  [[nodiscard]] std::unique_ptr<Pipeline> separate_pipeline(const Part& part);
  [[nodiscard]] SharedNetwork::Member member(const Part& part, std::size_t app);
  void forget_unused();

  const Mode mode_;
  Engine engine_;
  const Clock& clock_;
  std::map<StemsKey, std::weak_ptr<SharedStem>> stems_;
  // A tail keeps its stem alive, so no other stem can have its address.
  std::map<std::pair<const SharedStem*, OwnKey>, std::weak_ptr<Tail>> tails_;
  std::map<std::pair<StemKey, OwnKey>, std::weak_ptr<Network>> networks_;
  int plans_ = 0;
};

}  // namespace mainstream
