// The pairs of activations at which a student is compared with its teacher.
#pragma once

#include <vector>

#include "mainstream/base.hpp"

namespace mainstream {

// A pair of activations that see the pictures at about the same resolution.
struct Hint {
  std::string teacher, student;
  Shape map;  // [C, h, w] of the stored teacher activation: averaged down to the student's size or less
};

// The features come last, after the last branchpoints that are two and four times as fine, where both
// networks have them: early layers learn faster from a target of their own than from one at the features
// (Romero et al. 2015, "FitNets"). Maps are kept at no more than twice the features' size. Throws usage when
// the teacher's features are coarser than the student's.
[[nodiscard]] std::vector<Hint> choose_hints(const Base& teacher, const Base& student);

}  // namespace mainstream
