#include "candidates_option.hpp"

#include <fmt/format.h>

#include "mainstream/error.hpp"

namespace mainstream {

std::optional<CandidateKind> parse_candidates(const std::string& text) {
  if (text == "all") return std::nullopt;
  if (text == "exits") return CandidateKind::exit;
  if (text == "tails") return CandidateKind::tail;
  throw Error(ErrorKind::usage, fmt::format("--candidates '{}': expected exits, tails or all", text));
}

}  // namespace mainstream
