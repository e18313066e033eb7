#include "train/validation/assessment.hpp"

#include <gtest/gtest.h>

namespace mainstream {
namespace {

TEST(Assessment, CountsRightClasses) {
  const std::vector<float> probabilities = {0.2F, 0.5F, 0.3F, 0.6F, 0.2F, 0.2F};
  EXPECT_DOUBLE_EQ(top1(probabilities, std::vector<int>{1, 2}, 3), 0.5);
}

}  // namespace
}  // namespace mainstream
