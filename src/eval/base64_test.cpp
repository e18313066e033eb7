#include "eval/base64.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace mainstream {
namespace {

std::string encoded(std::string_view text) {
  return base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// RFC 4648, section 10.
TEST(Base64Test, EncodesTheVectorsOfTheStandard) {
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

TEST(Base64Test, EncodesAllBytesAndLongTexts) {
  EXPECT_EQ(encoded("\xFB\xFF\xBF"), "+/+/");
  const std::vector<std::uint8_t> zeros((std::size_t{3} << 20) + 1);
  const std::string text = base64(zeros);
  EXPECT_EQ(text, std::string((std::size_t{4} << 20) + 2, 'A') + "==");
}

}  // namespace
}  // namespace mainstream
