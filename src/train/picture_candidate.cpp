#include "train/picture_candidate.hpp"

#include <algorithm>
#include <utility>

#include "event/frame_score.hpp"
#include "train/candidate_place.hpp"
#include "train/validation/assessment.hpp"
#include "train/validation/candidate_choice.hpp"
#include "train/validation/rate_interval.hpp"
#include "train/validation/skill_comparison.hpp"

namespace mainstream {
namespace {

// Answers to the measured rows by models that did not see them.
std::vector<float> measured_answers(const PictureCandidate& candidate, const PictureLabels& labels,
                                    std::size_t classes) {
  std::vector<float> probabilities;
  for (const std::size_t row : labels.measured) {
    const auto answer = std::span(candidate.unseen).subspan(row * classes, classes);
    probabilities.insert(probabilities.end(), answer.begin(), answer.end());
  }
  return probabilities;
}

ScoredPictures measured_pictures(const PictureCandidate& candidate, const PictureLabels& labels,
                                 const Manifest& manifest) {
  const std::size_t classes = manifest.classes.size();
  const std::vector<std::size_t> positive = positive_classes(manifest);
  if (labels.measured.empty())
    return score_pictures(candidate.exact.probabilities, labels.validation, classes, positive);
  std::vector<int> of_rows;
  for (const std::size_t row : labels.measured) of_rows.push_back(labels.training[row]);
  return score_pictures(measured_answers(candidate, labels, classes), of_rows, classes, positive);
}

double top1_of(const PictureAnswers& answers, const PictureLabels& labels, const Manifest& manifest) {
  return top1(answers.probabilities, labels.validation, static_cast<int>(manifest.classes.size()));
}

AnswerQuality quality_of(const PictureCandidate& candidate, const PictureLabels& labels,
                         const Manifest& manifest) {
  const ScoredPictures scored = measured_pictures(candidate, labels, manifest);
  AnswerQuality quality;
  quality.threshold = candidate.exact.threshold;
  quality.top1 = top1_of(candidate.exact, labels, manifest);
  const ErrorRates rates = error_rates(scored.scores, scored.truth, quality.threshold);
  quality.tpr = rates.tpr;
  quality.fpr = rates.fpr;
  std::vector<bool> positive;
  for (const float score : scored.scores) positive.push_back(score >= quality.threshold);
  quality.tpr_interval = interval_of_pictures(positive, scored.truth, true);
  quality.fpr_interval = interval_of_pictures(positive, scored.truth, false);
  quality.scores = score_table(scored.scores, scored.truth);
  return quality;
}

// The same in other number types: rates differ from the exact ones by as much as on the validation pictures,
// the only ones that the shipped candidate has not seen.
AnswerQuality quality_in(const PictureAnswers& answers, const PictureAnswers& exact,
                         const AnswerQuality& measured, const PictureLabels& labels,
                         const Manifest& manifest) {
  const auto rates_of = [&](const PictureAnswers& some) {
    const ScoredPictures scored = score_pictures(some.probabilities, labels.validation,
                                                 manifest.classes.size(), positive_classes(manifest));
    return error_rates(scored.scores, scored.truth, some.threshold);
  };
  const ErrorRates rates = rates_of(answers), rates_of_exact = rates_of(exact);
  const auto move = [](double& rate, Interval& interval, double by) {
    for (double* value : {&rate, &interval.low, &interval.high}) *value = std::clamp(*value + by, 0.0, 1.0);
  };
  AnswerQuality quality = measured;
  quality.threshold = answers.threshold;
  quality.top1 = top1_of(answers, labels, manifest);
  move(quality.tpr, quality.tpr_interval, rates.tpr - rates_of_exact.tpr);
  move(quality.fpr, quality.fpr_interval, rates.fpr - rates_of_exact.fpr);
  return quality;
}

// On the answers to the measured rows, then on those to the validation pictures.
SkillComparison compare(std::span<const PictureCandidate> candidates, const PictureLabels& labels,
                        std::size_t classes) {
  std::vector<int> asked;
  std::vector<std::size_t> pictures;
  for (const std::size_t row : labels.measured) {
    asked.push_back(labels.training[row]);
    pictures.push_back(labels.pictures[row]);
  }
  std::size_t next = std::ranges::max(labels.pictures) + 1;
  for (const int label : labels.validation) {
    asked.push_back(label);
    pictures.push_back(next++);
  }
  SkillComparison comparison(std::move(asked), std::move(pictures), classes);
  for (const PictureCandidate& candidate : candidates) {
    std::vector<float> probabilities = measured_answers(candidate, labels, classes);
    const std::vector<float>& validation = candidate.exact.probabilities;
    probabilities.insert(probabilities.end(), validation.begin(), validation.end());
    comparison.add(probabilities);
  }
  return comparison;
}

}  // namespace

ScoredPictures score_pictures(std::span<const float> probabilities, std::span<const int> labels,
                              std::size_t classes, std::span<const std::size_t> positive) {
  ScoredPictures scored;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    float sum = 0;
    for (const std::size_t label : positive) sum += probabilities[i * classes + label];
    scored.scores.push_back(sum);
    const auto label = static_cast<std::size_t>(labels[i]);
    scored.truth.push_back(std::ranges::find(positive, label) != positive.end());
  }
  return scored;
}

std::vector<Graph> pack_picture_candidates(const Base& base, std::span<const PictureCandidate> candidates,
                                           const PictureLabels& labels, Manifest& manifest) {
  const SkillComparison comparison = compare(candidates, labels, manifest.classes.size());
  std::vector<Rival> rivals;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    rivals.push_back(rival_of(base, candidates[i].described, candidates[i].graph, comparison.skill(i)));
  const std::vector<std::size_t> kept =
      choose_candidates(manifest.app, "skill", rivals,
                        [&](std::size_t a, std::size_t b) { return comparison.difference_error(a, b); });
  std::vector<Graph> graphs;
  for (const std::size_t i : kept) {
    Candidate candidate = candidates[i].described;
    const AnswerQuality quality = quality_of(candidates[i], labels, manifest);
    static_cast<AnswerQuality&>(candidate) = quality;
    candidate.validation_size = std::ssize(labels.validation);
    for (const auto& [pair, answers] : candidates[i].others)
      candidate.number_types[pair] = quality_in(answers, candidates[i].exact, quality, labels, manifest);
    manifest.candidates.push_back(std::move(candidate));
    graphs.push_back(candidates[i].graph);
  }
  return graphs;
}

}  // namespace mainstream
