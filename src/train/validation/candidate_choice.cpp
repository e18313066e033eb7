#include "train/validation/candidate_choice.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/log.hpp"
#include "core/text.hpp"
#include "train/candidate_place.hpp"
#include "train/recipe.hpp"

namespace mainstream {
namespace {

// With few events two candidates can agree by chance, which an error of 0 does not show.
constexpr double kLeastError = 0.01;

std::string compared(const Rival& other, const Rival& own, double error) {
  return fmt::format(
      "{} costs no more and has {:.3f} against {:.3f} (standard error of the difference {:.3f})", other.id,
      other.quality, own.quality, error);
}

}  // namespace

Rival rival_of(const Base& base, const Candidate& candidate, const Graph& graph, double quality) {
  const bool reads_features_alone =
      candidate.kind == CandidateKind::exit && candidate.reads == std::vector<std::string>{base.features};
  return {candidate.id, candidate.kind,      candidate.frozen_layers, candidate_cost(base, candidate, graph),
          quality,      reads_features_alone};
}

std::vector<std::optional<std::string>> reasons_to_drop(std::span<const Rival> rivals,
                                                        const RivalError& error) {
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

std::vector<std::size_t> choose_candidates(const std::string& app, const std::string& measure,
                                           std::span<const Rival> rivals, const RivalError& error) {
  const auto reasons = reasons_to_drop(rivals, error);
  const auto log = module_log("train");
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < rivals.size(); ++i) {
    if (reasons[i])
      log.info("{}: dropped {}: {}", app, rivals[i].id, *reasons[i]);
    else
      kept.push_back(i);
  }
  std::ranges::stable_sort(kept, std::greater(), [&](std::size_t i) { return rivals[i].frozen_layers; });
  std::vector<std::string> words;
  for (const std::size_t i : kept) words.push_back(fmt::format("{} {:.3f}", rivals[i].id, rivals[i].quality));
  log.info("{}: kept {} of {} candidates, with {}: {}", app, kept.size(), rivals.size(), measure,
           joined(words, ", "));
  return kept;
}

}  // namespace mainstream
