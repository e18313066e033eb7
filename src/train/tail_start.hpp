// What a tail begins with.
#pragma once

#include <optional>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

struct TailStart {
  Branchpoint branchpoint;

  // Of a clip: the exit at the branchpoint, as it is shipped, to whose logits the tail adds its own; nothing
  // at the base's input, where there is none.
  std::optional<Graph> exit;
  // Of that exit, [examples x classes]: by fold, by models that saw neither the fold nor the example's own;
  // at the end, by models that did not see the example's own.
  std::vector<std::vector<float>> logits;

  // Of pictures, what the tail's head begins as: by fold, the exit at the base's features without the fold;
  // at the end, the one that is shipped.
  std::vector<Graph> heads;
};

}  // namespace mainstream
