#include "train/data/picture_split.hpp"

#include <gtest/gtest.h>

#include <set>

namespace mainstream {
namespace {

TEST(PictureSplit, ValidatesWithAShareOfEveryClass) {
  std::vector<int> labels(50, 0);
  labels.insert(labels.end(), 10, 1);
  labels.insert(labels.end(), 2, 2);
  const PictureSplit split = split_pictures(labels, 3, 0.2, 7);
  std::vector<int> validation(3), training(3);
  for (const std::size_t row : split.validation) ++validation[static_cast<std::size_t>(labels[row])];
  for (const std::size_t row : split.training) ++training[static_cast<std::size_t>(labels[row])];
  EXPECT_EQ(validation, (std::vector<int>{10, 2, 1}));
  EXPECT_EQ(training, (std::vector<int>{40, 8, 1}));
  EXPECT_EQ(split_pictures(labels, 3, 0.2, 7).validation, split.validation);
  EXPECT_NE(split_pictures(labels, 3, 0.2, 8).validation, split.validation);
}

TEST(PictureSplit, KeepsOccasionsOnOneSide) {
  std::vector<int> labels;
  std::vector<std::string> occasions;
  for (int i = 0; i < 80; ++i) {
    labels.push_back(i % 2);
    occasions.push_back(std::to_string(i / 8));  // of both classes
  }
  const PictureSplit split = split_pictures(labels, 2, 0.2, 7, occasions);
  EXPECT_EQ(split.training.size() + split.validation.size(), 80U);
  EXPECT_GE(split.validation.size(), 16U);
  EXPECT_LE(split.validation.size(), 40U);
  std::set<std::string> validates;
  for (const std::size_t row : split.validation) validates.insert(occasions[row]);
  for (const std::size_t row : split.training) EXPECT_FALSE(validates.contains(occasions[row])) << row;
}

}  // namespace
}  // namespace mainstream
