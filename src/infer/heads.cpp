#include "infer/heads.hpp"

#include <fmt/format.h>

#include "graph/exit.hpp"
#include "mainstream/error.hpp"

namespace mainstream {

Heads::Heads(const Stem& stem, std::span<const Graph> exits, Precision precision)
    : Heads(stem, join_exits(exits), precision) {}

Heads::Heads(const Stem& stem, const JoinedExits& joined, Precision precision)
    : offsets_(joined.offsets), joined_(stem, joined.graph, precision) {}

std::span<const float> Heads::logits(std::size_t exit) const {
  if (exit >= size())
    throw Error(ErrorKind::usage, fmt::format("expected an exit below {}, got {}", size(), exit));
  if (logits_.empty()) return {};
  const auto begin = static_cast<std::size_t>(offsets_[exit]);
  return logits_.subspan(begin, static_cast<std::size_t>(offsets_[exit + 1]) - begin);
}

}  // namespace mainstream
