// Gives the files of this folder access to the states of the engine's public classes.
#pragma once

#include <memory>
#include <vector>

#include "mainstream/engine.hpp"

namespace mainstream {

struct EngineAccess {
  using EngineState = Engine::State;
  using StemState = Stem::State;
  using NetworkState = Network::State;
  static const std::shared_ptr<EngineState>& state(const Engine& engine) { return engine.state_; }
  static const std::shared_ptr<StemState>& state(const Stem& stem) { return stem.state_; }
  static NetworkState& state(Network& network) { return *network.state_; }
};

using EngineState = EngineAccess::EngineState;
using StemState = EngineAccess::StemState;
using NetworkState = EngineAccess::NetworkState;

}  // namespace mainstream
