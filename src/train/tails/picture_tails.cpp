#include "train/tails/picture_tails.hpp"

#include "core/log.hpp"
#include "train/candidate_place.hpp"
#include "train/tails/tail_answers.hpp"
#include "train/validation/assessment.hpp"

namespace mainstream {
namespace {

PictureCandidate calibrate(const TailData& data, const TailApp& app, const TailStart& start, TrainedTail tail,
                           const PictureEvents& events) {
  const double slope = fit_slope(tail.unseen, app.labels, app.classes);
  module_log("train").debug("{}: tail behind {}: slope {:.2f}, top-1 on folds {:.3f}", app.target.app,
                            start.branchpoint.tensor, slope,
                            top1(tail.unseen, app.labels, static_cast<int>(app.classes)));
  scale_logits(tail.graph, slope, std::vector<float>(app.classes, 0));
  std::vector<float> unseen = probabilities_of(tail.unseen, app.classes, slope);
  const float threshold = picture_threshold(unseen, app.labels, app.classes, events);
  PictureCandidate candidate{
      .described = describe_place(data.base, CandidateKind::tail, {start.branchpoint.tensor}),
      .graph = std::move(tail.graph),
      .unseen = std::move(unseen),
      .exact = {{}, threshold},
      .others = {}};
  candidate.described.head = to_string(data.head);
  return candidate;
}

}  // namespace

std::vector<PictureCandidate> describe_picture_tails(const TailData& data, const TailApp& app,
                                                     std::vector<TrainedTail> tails,
                                                     const PictureEvents& events,
                                                     std::span<const std::size_t> validation) {
  std::vector<PictureCandidate> candidates;
  std::vector<FinishedTail> finished;
  for (std::size_t i = 0; i < tails.size(); ++i)
    candidates.push_back(calibrate(data, app, app.starts[i], std::move(tails[i]), events));
  for (std::size_t i = 0; i < candidates.size(); ++i)
    finished.push_back({app.starts[i].branchpoint, candidates[i].graph});
  std::vector<TailAnswers> answers = tail_answers(data.base, data.inputs, validation, finished, data.options);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    PictureCandidate& candidate = candidates[i];
    candidate.described.ranges = std::move(answers[i].ranges);
    for (const auto& [pair, logits] : answers[i].logits) {
      std::vector<float> probabilities = probabilities_of(logits, app.classes);
      if (pair == NumberTypes{NumberType::f32, NumberType::f32})
        candidate.exact.probabilities = std::move(probabilities);
      else
        candidate.others[pair] = {std::move(probabilities), candidate.exact.threshold};
    }
  }
  return candidates;
}

}  // namespace mainstream
