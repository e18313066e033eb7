// A file that grows line by line.
#pragma once

#include <filesystem>
#include <string_view>

namespace mainstream {

// Each append is one write of whole lines, so a reader, or what a crash leaves, never ends within a line.
// One thread.
class LineFile {
 public:
  // Empties the file, or makes it. Throws storage.
  explicit LineFile(std::filesystem::path path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // `lines` ends with a newline. Throws storage; what a full disk took of them is cut off again.
  void append(std::string_view lines);

 private:
  const std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace mainstream
