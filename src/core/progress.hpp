// Shows the progress of long work.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace mainstream {

// On a terminal: one line on standard error, redrawn in place, with a bar, the count and the time left. In a
// log: a plain line every ten seconds. Ends its line on destruction. Nothing where the program is quiet
// (core/terminal.hpp); an error of writing is passed over. One thread may use it.
class Progress {
 public:
  // `total` 0 means unknown: no bar and no time left.
  Progress(const std::string& what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `note` is shown after the count ("loss 0.123").
  void update(std::uint64_t done, const std::string& note = {});

 private:
  void draw(bool last);

  const std::string what_;
  const std::uint64_t total_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_;
  std::uint64_t done_ = 0;
  std::string note_;
};

}  // namespace mainstream
