#include "train/picture_candidate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "train/candidate_place.hpp"
#include "train/exits/level_features.hpp"
#include "train/exits/linear_exit.hpp"
#include "train/test_base.hpp"

namespace mainstream {
namespace {

constexpr std::size_t kRows = 100;

// Both classes in turn; only a few pictures are left for validation.
PictureLabels few_to_validate() {
  PictureLabels labels;
  for (std::size_t row = 0; row < kRows; ++row) {
    labels.training.push_back(static_cast<int>(row % 2));
    labels.pictures.push_back(row);
    labels.measured.push_back(row);
  }
  labels.validation = {0, 1, 0, 1};
  return labels;
}

std::vector<float> sure_of(int label) {
  return label == 0 ? std::vector<float>{0.9F, 0.1F} : std::vector<float>{0.1F, 0.9F};
}

// Right about every validation picture, and about the training rows but the first `wrong`.
PictureCandidate candidate_at(const Base& base, CandidateKind kind, std::size_t branchpoint,
                              const PictureLabels& labels, std::size_t wrong) {
  const std::vector<Branchpoint> points{base.branchpoints[branchpoint]};
  const std::vector<ExitLevel> levels = whole_levels(base, points, kRows, std::size_t{4} << 20);
  const std::vector<LinearValue> values(2, {{made_up(feature_count(levels[0]), 1)}, 0});
  PictureCandidate candidate{.described = describe_place(base, kind, {points[0].tensor}),
                             .graph = exit_of(levels, {0}, values),
                             .exact = {},
                             .others = {}};
  candidate.described.head = "average";
  for (std::size_t row = 0; row < kRows; ++row) {
    const int label = row < wrong ? 1 - labels.training[row] : labels.training[row];
    for (const float probability : sure_of(label)) candidate.unseen.push_back(probability);
  }
  for (const int label : labels.validation) {
    for (const float probability : sure_of(label)) candidate.exact.probabilities.push_back(probability);
  }
  return candidate;
}

std::vector<std::string> kept_of(const Base& base, std::span<const PictureCandidate> candidates,
                                 const PictureLabels& labels) {
  Manifest manifest;
  manifest.app = "cats";
  manifest.classes = {"other", "cat"};
  (void)pack_picture_candidates(base, candidates, labels, manifest);
  std::vector<std::string> ids;
  for (const Candidate& candidate : manifest.candidates) ids.push_back(candidate.id);
  return ids;
}

TEST(PictureCandidateTest, IsComparedOnPicturesOfTheFoldsToo) {
  const Base base = small_base();
  const PictureLabels labels = few_to_validate();
  const std::vector<PictureCandidate> candidates{candidate_at(base, CandidateKind::exit, 0, labels, 30),
                                                 candidate_at(base, CandidateKind::tail, 1, labels, 10)};
  EXPECT_THAT(kept_of(base, candidates, labels),
              testing::ElementsAre(candidates[1].described.id, candidates[0].described.id))
      << "validation pictures alone would say that both are as good";
}

TEST(PictureCandidateTest, ViewsOfOnePictureAreOneObservation) {
  const Base base = small_base();
  PictureLabels labels = few_to_validate();
  const std::vector<PictureCandidate> candidates{candidate_at(base, CandidateKind::exit, 0, labels, 10),
                                                 candidate_at(base, CandidateKind::exit, 1, labels, 30)};
  EXPECT_THAT(kept_of(base, candidates, labels), testing::ElementsAre(candidates[0].described.id));
  std::fill_n(labels.pictures.begin(), 30, std::size_t{0});
  EXPECT_EQ(kept_of(base, candidates, labels).size(), 2U) << "a single picture tells them apart";
}

}  // namespace
}  // namespace mainstream
