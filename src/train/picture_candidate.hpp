// Candidates of a picture classifier before they go into a package.
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
  Candidate described;  // every field that does not depend on answers
  Graph graph;
  std::vector<float> unseen =
      {};                // probabilities of the training rows, by models that did not see the picture
  PictureAnswers exact;  // in f32
  std::map<NumberTypes, PictureAnswers> others;
};

// What the pictures show. Top-1 is that of the validation pictures. Tpr and fpr, on which schedules depend,
// and the choice of candidates need more pictures than are left for validation: tpr and fpr are measured on
// the training rows in `measured`, and on the validation pictures where there are none; candidates are
// compared on both, by their skill.
struct PictureLabels {
  std::vector<int> training, validation;  // by row
  std::vector<std::size_t> pictures;      // by training row: rows of one picture have the same number
  std::vector<std::size_t> measured;      // of the training rows
};

// Each picture's score, the sum of the positive classes' probabilities, and whether its label is positive.
struct ScoredPictures {
  std::vector<float> scores;
  std::vector<bool> truth;
};
[[nodiscard]] ScoredPictures score_pictures(std::span<const float> probabilities, std::span<const int> labels,
                                            std::size_t classes, std::span<const std::size_t> positive);

// Adds the candidates worth packing, with their quality on unseen pictures, to the manifest (its classes must
// be set), from the most frozen to the least, and returns their graphs. The log says which were
// dropped, and why.
[[nodiscard]] std::vector<Graph> pack_picture_candidates(const Base& base,
                                                         std::span<const PictureCandidate> candidates,
                                                         const PictureLabels& labels, Manifest& manifest);

}  // namespace mainstream
