#include "train/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

// What a way of cutting costs: summed over stretches and cuts, so the best way is found stretch by stretch.
class CutCost {
 public:
  CutCost(const std::vector<bool>& labels, int parts)
      : labels_(labels), parts_(parts), positives_(labels.size() + 1, 0) {
    for (std::size_t i = 0; i < labels.size(); ++i) positives_[i + 1] = positives_[i] + (labels[i] ? 1 : 0);
  }

  [[nodiscard]] double stretch(std::size_t begin, std::size_t end) const {
    const auto length = static_cast<double>(end - begin);
    const double positive = positives_[end] - positives_[begin], all = positives_.back();
    double cost = kLength * off(length, static_cast<double>(labels_.size()));
    if (all > 0) cost += off(positive, all);
    if (all > 0 && positive == 0) cost += kOneKind;
    if (all < static_cast<double>(labels_.size()) && positive == length) cost += kOneKind;
    return cost;
  }

  [[nodiscard]] double cut(std::size_t at) const { return labels_[at - 1] && labels_[at] ? kInsideEvent : 0; }

 private:
  // Unequal lengths weigh more than unequal shares of positive frames; a stretch without positive frames
  // cannot judge at all; a cut inside an event shows the other side's model the same people.
  static constexpr double kLength = 4, kOneKind = 20, kInsideEvent = 2;

  // How far a stretch's share is from an equal one, squared.
  [[nodiscard]] double off(double part, double whole) const { return std::pow(part / whole * parts_ - 1, 2); }

  const std::vector<bool>& labels_;
  const double parts_;
  std::vector<double> positives_;
};

// Cuts are tried at about two hundred places.
std::vector<std::size_t> possible_cuts(std::size_t frames) {
  const std::size_t step = std::max<std::size_t>(1, frames / 200);
  std::vector<std::size_t> cuts;
  for (std::size_t at = 0; at < frames; at += step) cuts.push_back(at);
  cuts.push_back(frames);
  return cuts;
}

}  // namespace

std::vector<std::int64_t> cut_in_time(const std::vector<bool>& labels, int parts) {
  if (parts < 1 || labels.size() < 4 * static_cast<std::size_t>(parts)) {
    throw Error(ErrorKind::usage, fmt::format("{} frames in {} parts: at least 4 frames a part are needed",
                                              labels.size(), parts));
  }
  const CutCost cost(labels, parts);
  const std::vector<std::size_t> places = possible_cuts(labels.size());
  // best[i]: the lowest cost of cutting what lies before places[i] into the parts done so far.
  constexpr double kNever = std::numeric_limits<double>::infinity();
  std::vector<double> best(places.size(), kNever);
  best[0] = 0;
  std::vector<std::vector<std::size_t>> from;  // per part and place: where that part begins
  for (int part = 0; part < parts; ++part) {
    std::vector<double> next(places.size(), kNever);
    std::vector<std::size_t>& begins = from.emplace_back(places.size(), 0);
    for (std::size_t end = 1; end < places.size(); ++end) {
      for (std::size_t begin = 0; begin < end; ++begin) {
        if (best[begin] == kNever) continue;
        const double total = best[begin] + (begin > 0 ? cost.cut(places[begin]) : 0) +
                             cost.stretch(places[begin], places[end]);
        if (total < next[end]) {
          next[end] = total;
          begins[end] = begin;
        }
      }
    }
    best = std::move(next);
  }
  std::vector<std::int64_t> cuts;
  std::size_t place = places.size() - 1;
  for (std::size_t part = from.size(); part-- > 1;) {
    place = from[part][place];
    cuts.push_back(static_cast<std::int64_t>(places[place]));
  }
  std::ranges::reverse(cuts);
  return cuts;
}

Fold random_fold(std::span<const int> labels, int classes, double judged_share, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Fold fold;
  for (int label = 0; label < classes; ++label) {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      if (labels[row] == label) rows.push_back(row);
    }
    std::ranges::shuffle(rows, random);
    const auto wanted =
        static_cast<std::size_t>(std::lround(judged_share * static_cast<double>(rows.size())));
    const std::size_t judged = std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(rows.size(), 2) - 1);
    for (std::size_t i = 0; i < rows.size(); ++i)
      (i < judged ? fold.judged : fold.training).push_back(rows[i]);
  }
  std::ranges::sort(fold.training);
  std::ranges::sort(fold.judged);
  return fold;
}

}  // namespace mainstream
