#include "train/data/picture_split.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace mainstream
