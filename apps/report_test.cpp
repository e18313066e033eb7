#include "report.hpp"

#include <gtest/gtest.h>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

template <typename Exception>
std::pair<int, std::string> reported(const Exception& exception) {
  testing::internal::CaptureStderr();
  int code = 0;
  try {
    throw exception;
  } catch (...) {
    code = report_exception("prog");
  }
  return {code, testing::internal::GetCapturedStderr()};
}

TEST(ReportTest, TellsTheErrorInOneLineAndItsExitCode) {
  EXPECT_EQ(reported(Error(ErrorKind::untrusted, "x.mpkg: wrong hash")),
            std::pair(3, std::string("prog: x.mpkg: wrong hash\n")));
  EXPECT_EQ(reported(Error(ErrorKind::storage, "node 'a\nb\x1b[2J'")),
            std::pair(1, std::string("prog: node 'a\\x0ab\\x1b[2J'\n")));
  EXPECT_EQ(reported(std::runtime_error("oh")), std::pair(1, std::string("prog: unexpected: oh\n")));
  EXPECT_EQ(reported(std::bad_alloc()), std::pair(1, std::string("prog: out of memory\n")));
}

}  // namespace
}  // namespace mainstream
