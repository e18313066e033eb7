#include "train/validation/skill_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace mainstream {
namespace {

// The sum over all pictures of the squared errors of answers that say how often each class comes; 1 where all
// are of one class.
double error_of_shares(std::span<const int> labels, std::size_t classes) {
  const auto count = static_cast<double>(labels.size());
  double error = 0;
  for (std::size_t label = 0; label < classes; ++label) {
    const auto own = static_cast<double>(std::ranges::count(labels, static_cast<int>(label)));
    error += own * (1 - own / count);
  }
  return std::max(error, 1.0);
}

}  // namespace

SkillComparison::SkillComparison(std::vector<int> labels, std::vector<std::size_t> pictures,
                                 std::size_t classes)
    : labels_(std::move(labels)),
      pictures_(std::move(pictures)),
      classes_(classes),
      error_of_shares_(error_of_shares(labels_, classes)) {}

void SkillComparison::add(std::span<const float> probabilities) {
  std::vector<double>& errors = errors_.emplace_back(labels_.size(), 0);
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    for (std::size_t label = 0; label < classes_; ++label) {
      const double off = probabilities[i * classes_ + label] - (std::cmp_equal(label, labels_[i]) ? 1 : 0);
      errors[i] += off * off;
    }
  }
}

double SkillComparison::skill(std::size_t classifier) const {
  const std::vector<double>& errors = errors_[classifier];
  return 1 - std::accumulate(errors.begin(), errors.end(), 0.0) / error_of_shares_;
}

double SkillComparison::difference_error(std::size_t a, std::size_t b) const {
  std::map<std::size_t, double> by_picture;
  const double mean = (skill(b) - skill(a)) * error_of_shares_ / static_cast<double>(labels_.size());
  for (std::size_t i = 0; i < labels_.size(); ++i)
    by_picture[pictures_[i]] += errors_[a][i] - errors_[b][i] - mean;
  double squares = 0;
  for (const auto& [picture, off] : by_picture) squares += off * off;
  return std::sqrt(squares) / error_of_shares_;
}

}  // namespace mainstream
