#include "train/candidate_choice.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "train/exits/recipe.hpp"

namespace mainstream {
namespace {

// Few events can be alike by chance, which an error of 0 does not tell.
constexpr double kLeastError = 0.01;

std::string compared(const Rival& other, const Rival& own, double error) {
  return fmt::format("{} costs no more and has {:.3f} against {:.3f} (error of the difference {:.3f})",
                     other.id, other.quality, own.quality, error);
}

}  // namespace

std::vector<std::optional<std::string>> reasons_to_drop(
    std::span<const Rival> rivals, const std::function<double(std::size_t, std::size_t)>& error) {
  std::vector<std::optional<std::string>> reasons(rivals.size());
  for (std::size_t own = 0; own < rivals.size(); ++own) {
    if (rivals[own].is_kept) continue;
    for (std::size_t other = 0; other < rivals.size(); ++other) {
      const Rival& exit = rivals[other];
      if (other == own || exit.kind != CandidateKind::exit || exit.cost > rivals[own].cost) continue;
      const double ahead = exit.quality - rivals[own].quality;
      const double one_error = std::max(kLeastError, error(own, other));
      const bool is_beaten = rivals[own].kind == CandidateKind::exit
                                 ? ahead > recipe::kDroppedBeyond * one_error
                                 : ahead > -recipe::kTailBeyond * one_error;
      if (!is_beaten) continue;
      reasons[own] = compared(exit, rivals[own], one_error);
      break;
    }
  }
  return reasons;
}

}  // namespace mainstream
