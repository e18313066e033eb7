// Compares classifiers by the Brier skill of their answers to the same pictures. Squared errors tell them
// apart on fewer pictures than top-1 does.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace mainstream {

class SkillComparison {
 public:
  // `labels` are of the pictures that are asked about. Answers to pictures with one number in `pictures`
  // (views of the same one) are one observation.
  SkillComparison(std::vector<int> labels, std::vector<std::size_t> pictures, std::size_t classes);

  // One more classifier. `probabilities` [pictures x classes] are by models that did not see the pictures.
  void add(std::span<const float> probabilities);

  // By classifier in the order of adding: 1 for answers that are sure and right, 0 for those that say how
  // often each class comes.
  [[nodiscard]] double skill(std::size_t classifier) const;
  // Standard error of the difference of two skills.
  [[nodiscard]] double difference_error(std::size_t a, std::size_t b) const;

 private:
  std::vector<int> labels_;
  std::vector<std::size_t> pictures_;
  std::size_t classes_;
  double error_of_shares_;
  std::vector<std::vector<double>> errors_;  // squared, by classifier and picture
};

}  // namespace mainstream
