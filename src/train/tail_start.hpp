// What a tail begins with.
#pragma once

#include <optional>
#include <vector>

#include "mainstream/graph.hpp"

namespace mainstream {

struct TailStart {
  Branchpoint branchpoint;
  std::optional<Graph> exit;  // there, as it is shipped; nothing at the base's input, where there is none
  // By fold: the exit's logits [examples x classes] by models that saw neither the fold nor the example's
  // own. Empty without an exit.
  std::vector<std::vector<float>> logits;
};

}  // namespace mainstream
