// The new end of a tail, and the graph of a candidate before its training.
#pragma once

#include <cstdint>
#include <string>

#include "mainstream/base.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {

// Constants of heads, and only those, have names that begin so.
inline constexpr const char* kHeadPrefix = "head/";

// The base from the branchpoint to its features, then a head with fresh weights drawn from `seed`:
// [1, C, H, W] at the branchpoint -> logits [1, classes]. `kind` is average or spatial.
[[nodiscard]] Graph new_tail(const Base& base, const Branchpoint& branchpoint, HeadKind kind,
                             std::int64_t classes, std::uint64_t seed);

}  // namespace mainstream
