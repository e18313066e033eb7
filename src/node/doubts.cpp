#include "node/doubts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/file.hpp"
#include "core/json_field.hpp"
#include "mainstream/error.hpp"

namespace mainstream {
namespace {

constexpr std::uint64_t kMostUnseen = std::uint64_t{8} << 20;
constexpr std::int64_t kMostFrame = std::int64_t{1} << 40;
constexpr double kLeastProbability = 1e-6;
constexpr double kLeastApartSeconds = 1;

// Probabilities are compared by their log odds: from 0.98 to 0.99 is as far as from 0.5 to 0.67.
double log_odds(double probability) {
  const double p = std::clamp(probability, kLeastProbability, 1 - kLeastProbability);
  return std::log(p / (1 - p));
}

}  // namespace

UnseenAnswers read_unseen(const std::filesystem::path& file) {
  const JsonField field = read_json(read_file(file, kMostUnseen), file.string());
  field.allow_only({"app", "candidate", "threshold", "frames", "scores"});
  UnseenAnswers answers;
  answers.app = field["app"].text();
  answers.candidate = field["candidate"].text();
  answers.threshold = static_cast<float>(field["threshold"].number(0, 1));
  const JsonField frames = field["frames"], scores = field["scores"];
  if (frames.size() != scores.size()) {
    scores.fail(
        fmt::format("expected {} values, one for each of frames, got {}", frames.size(), scores.size()));
  }
  std::int64_t least = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    answers.frames.push_back(frames.at(i).integer(least, kMostFrame));
    answers.scores.push_back(static_cast<float>(scores.at(i).number(0, 1)));
    least = answers.frames.back() + 1;
  }
  return answers;
}

Doubts choose_doubts(const UnseenAnswers& answers, const Labels& labels, double fps, std::size_t most) {
  const auto marks = labels.apps.find(answers.app);
  const auto marked = [&](std::int64_t frame) {
    return marks != labels.apps.end() && frame < std::ssize(marks->second) &&
           marks->second[static_cast<std::size_t>(frame)];
  };
  struct Ranked {
    Doubt doubt;
    double rank = 0;  // the least first
  };
  std::vector<Ranked> ranked;
  for (std::size_t i = 0; i < answers.frames.size(); ++i) {
    Doubt doubt{answers.frames[i], answers.scores[i], marked(answers.frames[i]), false};
    doubt.contradicts = (doubt.score >= answers.threshold) != doubt.marked;
    const double distance = std::abs(log_odds(doubt.score) - log_odds(answers.threshold));
    ranked.push_back({doubt, doubt.contradicts ? -1 - distance : distance});
  }
  std::ranges::stable_sort(ranked, {}, &Ranked::rank);
  const double all = answers.frames.empty() ? 0 : static_cast<double>(answers.frames.back() + 1);
  const double apart = std::max(kLeastApartSeconds * fps, all / (2.0 * static_cast<double>(most)));
  Doubts doubts{answers.app, answers.candidate, answers.threshold, {}};
  for (const Ranked& one : ranked) {
    if (doubts.frames.size() == most) break;
    const auto is_near = [&](const Doubt& other) {
      return static_cast<double>(std::abs(other.frame - one.doubt.frame)) < apart;
    };
    if (std::ranges::none_of(doubts.frames, is_near)) doubts.frames.push_back(one.doubt);
  }
  return doubts;
}

}  // namespace mainstream
