// Helpers that many tests use.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "mainstream/error.hpp"

// Expects an mainstream::Error of the given kind whose message contains the given text.
#define EXPECT_ERROR(error_kind, statement, message_part)                         \
  try {                                                                           \
    (void)(statement);                                                            \
    ADD_FAILURE() << #statement << " did not throw";                              \
  } catch (const ::mainstream::Error& error) {                                    \
    EXPECT_EQ(error.kind(), ::mainstream::ErrorKind::error_kind) << error.what(); \
    EXPECT_THAT(error.what(), ::testing::HasSubstr(message_part));                \
  }

namespace mainstream {

// An empty folder, removed with the object.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mainstream-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw Error(ErrorKind::storage, "cannot make " + pattern);
    path_ = pattern;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::filesystem::path path_;
};

// Processor time of this process in seconds, for tests that something is not quadratic: on a busy machine the
// time on the clock tells nothing.
[[nodiscard]] inline double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

inline std::chrono::steady_clock::time_point within(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// Ends a test that fails. A busy machine may need a good part of it, so no test expects anything sooner than
// within this, unless how soon is what it tests.
inline constexpr std::chrono::seconds kPatience{60};

// Looks again and again until it is true, for as long as the patience lasts.
template <typename Condition>
[[nodiscard]] bool soon(const Condition& condition) {
  for (const auto end = within(kPatience); std::chrono::steady_clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

// Simulates a full disk: while it lives, no file of this process grows beyond `bytes`, so writing fails
// half-way.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

// Development data that is not part of the repository: the folder named by MAINSTREAM_DATA, else
// ../shared/data beside the source tree. Nothing when the folder is missing; tests that need it begin with
//   const auto data = shared_data("bases/x.onnx"); if (!data) GTEST_SKIP() << "no shared data";
inline std::optional<std::filesystem::path> shared_data(const std::string& relative) {
  const char* folder = std::getenv("MAINSTREAM_DATA");
  std::filesystem::path path =
      std::filesystem::path(folder != nullptr ? folder : MAINSTREAM_SOURCE_DIR "/../shared/data") / relative;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

}  // namespace mainstream
