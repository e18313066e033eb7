#include "package/sha256.hpp"

#include <gtest/gtest.h>

namespace mainstream {
namespace {

TEST(Sha256Test, KnownDigest) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace mainstream
