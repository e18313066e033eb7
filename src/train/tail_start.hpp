// The exit that a tail starts from.
#pragma once

#include <optional>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

struct TailStart {
  Branchpoint branchpoint;

  // For a clip: the shipped exit at the branchpoint, to whose logits the tail adds its own; nothing at the
  // base's input, which has no exit.
  std::optional<Graph> exit;
  // Logits of that exit, [examples x classes]: for each fold, by models that saw neither the fold nor the
  // example's own fold; last, by models that did not see the example's own fold.
  std::vector<std::vector<float>> logits;

  // For pictures, the initial head of the tail: for each fold, the exit at the base's features that was
  // trained without the fold; last, the shipped one.
  std::vector<Graph> heads;
};

}  // namespace mainstream
