// Candidates of a classifier of pictures: what is known of them before they go into a package.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "mainstream/base.hpp"
#include "mainstream/package.hpp"

namespace mainstream {

// Probabilities [pictures x classes] of the validation pictures, and the threshold for events.
struct PictureAnswers {
  std::vector<float> probabilities;
  float threshold = 0.5F;
};

struct PictureCandidate {
  Candidate described;  // all that does not depend on answers
  Graph graph;
  PictureAnswers exact;  // in f32
  std::map<NumberTypes, PictureAnswers> others;
};

// Scores of pictures: the sums of the positive classes' probabilities; and whether they are of these classes.
struct ScoredPictures {
  std::vector<float> scores;
  std::vector<bool> truth;
};
[[nodiscard]] ScoredPictures score_pictures(std::span<const float> probabilities, std::span<const int> labels,
                                            std::size_t classes, std::span<const std::size_t> positive);

// Adds the candidates worth packing, with their quality on the validation pictures, to the manifest (its
// classes must be there), from the most frozen to the least; answers their graphs. The log tells which were
// dropped, and why.
[[nodiscard]] std::vector<Graph> pack_picture_candidates(const Base& base,
                                                         std::span<const PictureCandidate> candidates,
                                                         std::span<const int> labels, Manifest& manifest);

}  // namespace mainstream
