#include "train/picture_candidate.hpp"

#include <algorithm>
#include <cmath>

#include "event/frame_score.hpp"
#include "train/candidate_place.hpp"
#include "train/validation/assessment.hpp"
#include "train/validation/candidate_choice.hpp"
#include "train/validation/rate_interval.hpp"

namespace mainstream {
namespace {

ScoredPictures measured_pictures(const PictureCandidate& candidate, const PictureLabels& labels,
                                 const Manifest& manifest) {
  const std::size_t classes = manifest.classes.size();
  const std::vector<std::size_t> positive = positive_classes(manifest);
  if (labels.measured.empty())
    return score_pictures(candidate.exact.probabilities, labels.validation, classes, positive);
  std::vector<float> probabilities;
  std::vector<int> of_rows;
  for (const std::size_t row : labels.measured) {
    const auto answer = std::span(candidate.unseen).subspan(row * classes, classes);
    probabilities.insert(probabilities.end(), answer.begin(), answer.end());
    of_rows.push_back(labels.training[row]);
  }
  return score_pictures(probabilities, of_rows, classes, positive);
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

std::vector<bool> right_answers(const PictureAnswers& answers, std::span<const int> labels,
                                std::size_t classes) {
  std::vector<bool> right;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = std::span(answers.probabilities).subspan(i * classes, classes);
    right.push_back(std::ranges::max_element(row) - row.begin() == labels[i]);
  }
  return right;
}

// Standard error of the difference of two top-1 accuracies on the same pictures.
double difference_error(const std::vector<bool>& a, const std::vector<bool>& b) {
  double different = 0, sum = 0;
  const auto count = static_cast<double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    different += a[i] != b[i] ? 1 : 0;
    sum += (a[i] ? 1 : 0) - (b[i] ? 1 : 0);
  }
  return std::sqrt(std::max(0.0, different / count - sum * sum / (count * count)) / count);
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
  std::vector<std::vector<bool>> right;
  std::vector<Rival> rivals;
  for (const PictureCandidate& candidate : candidates) {
    right.push_back(right_answers(candidate.exact, labels.validation, manifest.classes.size()));
    const auto count = static_cast<double>(std::count(right.back().begin(), right.back().end(), true));
    rivals.push_back(rival_of(base, candidate.described, candidate.graph,
                              count / static_cast<double>(labels.validation.size())));
  }
  const std::vector<std::size_t> kept =
      choose_candidates(manifest.app, "top-1", rivals,
                        [&](std::size_t a, std::size_t b) { return difference_error(right[a], right[b]); });
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
