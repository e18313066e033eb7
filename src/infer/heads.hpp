// Runs the exits of many apps as one network.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/exit.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {

// Exits of one structure (exit_structure) from many apps, computed together: their features are read once,
// and one product per level gives all logits.
class Heads {
 public:
  // Throws usage for no exits and for exits of different structure, and otherwise as Tail does.
  Heads(const Stem& stem, std::span<const Graph> exits, NumberType number_type = NumberType::f32);

  [[nodiscard]] std::size_t size() const { return offsets_.size() - 1; }
  [[nodiscard]] std::size_t branchpoint() const { return joined_.branchpoint(); }

  // Runs all exits; as Tail::run.
  void run() { logits_ = joined_.run(); }
  // Logits of one exit in the last run; empty before the first.
  [[nodiscard]] std::span<const float> logits(std::size_t exit) const;

  [[nodiscard]] std::vector<StepInfo> steps() const { return joined_.steps(); }
  [[nodiscard]] EngineMemory memory() const { return joined_.memory(); }

 private:
  Heads(const Stem& stem, const JoinedExits& joined, NumberType number_type);

  std::vector<std::int64_t> offsets_;
  Tail joined_;
  std::span<const float> logits_;
};

}  // namespace mainstream
