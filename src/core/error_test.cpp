#include "mainstream/error.hpp"

#include <gtest/gtest.h>

namespace mainstream {
namespace {

TEST(ErrorTest, ExitCodesAreTheDocumentedOnes) {
  EXPECT_EQ(exit_code(ErrorKind::usage), 2);
  EXPECT_EQ(exit_code(ErrorKind::unreadable), 3);
  EXPECT_EQ(exit_code(ErrorKind::untrusted), 3);
  EXPECT_EQ(exit_code(ErrorKind::unsupported), 3);
  EXPECT_EQ(exit_code(ErrorKind::infeasible), 4);
  EXPECT_EQ(exit_code(ErrorKind::storage), 1);
  EXPECT_EQ(exit_code(ErrorKind::failed), 1);
}

}  // namespace
}  // namespace mainstream
