// Where a student's activations are compared with its teacher's.
#pragma once

#include <vector>

#include "mainstream/base.hpp"

namespace mainstream {

// A pair of activations that see the pictures at about the same resolution.
struct Hint {
  std::string teacher, student;
  Shape map;  // [C, h, w] of the teacher's, as it is kept: averaged down to the student's size or less
};

// The features come last. Before them, the last branchpoints of both networks that are two and four times as
// fine, where both have such: earlier layers learn sooner what is asked of them than what is asked of the
// features (Romero et al. 2015, "FitNets"). Maps are kept at no more than twice the features' size. Throws
// usage when the teacher's features are coarser than the student's.
[[nodiscard]] std::vector<Hint> choose_hints(const Base& teacher, const Base& student);

}  // namespace mainstream
