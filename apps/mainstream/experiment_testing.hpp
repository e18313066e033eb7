// For tests of what is trained when: the program beside a trainer that only notes how it was called.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "cli_testing.hpp"
#include "package/testing.hpp"
#include "run/testing.hpp"

namespace mainstream {

class NotedTraining {
 public:
  NotedTraining() {
    std::filesystem::copy_file(MAINSTREAM_PROGRAM, folder_ / "mainstream");
    write_file(folder_ / "mainstream-train",
               "#!/bin/sh\necho \"$*\" >> calls\n[ ! -d out ] || touch out/a.mpkg\n");
    std::filesystem::permissions(folder_ / "mainstream-train", std::filesystem::perms::owner_all);
    write_file(folder_ / "calls", "");
    write_base(tiny_base(), folder_ / "base.onnx");
    make_clip(folder_ / "clip.avi");
    std::string labels = "frame,a\n";
    for (int frame = 0; frame < kClipFrames; ++frame)
      labels += fmt::format("{},{}\n", frame, frame % 20 < 6 ? 1 : 0);
    write_file(folder_ / "labels.csv", labels);
  }

  // A trained package is an empty file, so what uses it fails.
  [[nodiscard]] CliResult run(const std::string& arguments) const {
    const std::string command =
        fmt::format("cd {} && ./mainstream {} > stdout 2> stderr", folder_.path().string(), arguments);
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(folder_ / "stdout"),
            read_file(folder_ / "stderr")};
  }

  // The command lines that the trainer was given so far, one on each line.
  [[nodiscard]] std::string calls() const { return read_file(folder_ / "calls"); }
  [[nodiscard]] std::ptrdiff_t trainings() const {
    const std::string noted = calls();
    return std::count(noted.begin(), noted.end(), '\n');
  }

  // Changes what a file holds.
  void append(const std::string& file, const std::string& text) const {
    write_file(folder_ / file, read_file(folder_ / file) + text);
  }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }

 private:
  const TestFolder folder_;
};

}  // namespace mainstream
