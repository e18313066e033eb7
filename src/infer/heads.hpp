// The exits of many apps as one network.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/exit.hpp"
#include "mainstream/engine.hpp"

namespace mainstream {

// Exits of one structure (exit_structure), of many apps, computed as one: their features are read
// once, and one product per level gives all logits.
class Heads {
 public:
  // Throws usage for none at all and for exits of different structure; else as Tail.
  Heads(const Stem& stem, std::span<const Graph> exits, NumberType number_type = NumberType::f32);

  [[nodiscard]] std::size_t size() const { return offsets_.size() - 1; }
  [[nodiscard]] std::size_t branchpoint() const { return joined_.branchpoint(); }

  // As Tail::run, for all of them.
  void run() { logits_ = joined_.run(); }
  // Of one exit, as the last run left them; nothing before the first.
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
