// What candidates answer to the frames of a labelled clip.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/event.hpp"
#include "mainstream/package.hpp"
#include "mainstream/trainer.hpp"

namespace mainstream {

// A candidate of a package in some number types.
struct ScoredNetwork {
  const MPackage* package = nullptr;
  const Candidate* candidate = nullptr;
  NumberTypes number_types = {};
};

// One recording for each network, in their order, with the labels of its app: all frames of the clip's parts,
// one part after the other. The stem runs once per frame and number type, whatever the number of networks.
// The packages must be of this base, and `labels` (those of the data) must have their apps. Throws usage for
// parts that the labels do not have, untrusted when the clip's length does not fit the labels', unreadable,
// and failed when stopped. `stage` names the work for progress.
[[nodiscard]] std::vector<Recording> score_networks(const Base& base, std::span<const ScoredNetwork> networks,
                                                    const ClipData& data, const Labels& labels,
                                                    const EvaluationOptions& options,
                                                    const std::string& stage);

}  // namespace mainstream
