#include "infer/heads.hpp"

#include <fmt/format.h>

#include "graph/exit.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

Heads::Heads(const Stem& stem, std::span<const Graph> exits, NumberType number_type)
    : Heads(stem, join_exits(exits), number_type) {}

Heads::Heads(const Stem& stem, const JoinedExits& joined, NumberType number_type)
    : offsets_(joined.offsets), joined_(stem, joined.graph, number_type) {}

std::span<const float> Heads::logits(std::size_t exit) const {
  if (exit >= size())
    throw Error(ErrorKind::usage, fmt::format("expected an exit below {}, got {}", size(), exit));
  if (logits_.empty()) return {};
  const auto begin = static_cast<std::size_t>(offsets_[exit]);
  return logits_.subspan(begin, static_cast<std::size_t>(offsets_[exit + 1]) - begin);
}

}  // namespace mainstream
