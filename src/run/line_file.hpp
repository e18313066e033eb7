// An output that grows line by line: a file, or a pipe to another program.
#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "core/mutex.hpp"
#include "core/output.hpp"

namespace mainstream {

// Each append is one write of whole lines, so a reader, or what a crash leaves, never ends within a line.
// What is no regular file (a pipe, a terminal, standard output) is written by a thread, so that a reader who
// stalls holds up nobody: up to 16 MiB wait for it, later lines are dropped, and close() tells how many. One
// thread calls it.
class LineFile {
 public:
  enum class Start {
    empty,   // empties a regular file
    behind,  // keeps its lines
  };
  // Makes the file if nothing is there. Throws storage, for a FIFO without a reader too.
  explicit LineFile(std::filesystem::path path, Start start = Start::empty);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  // `lines` ends with a newline. Throws storage; what a full disk took of them is cut off again. Where a
  // thread writes, the error may come with a later call.
  void append(std::string_view lines);

  // Waits for the reader for up to 1.5 seconds. Throws storage if lines could not be written. Nothing is
  // appended afterwards.
  void close();

 private:
  void append_to_file(std::string_view lines);
  void write_waiting();  // the thread
  [[nodiscard]] bool write_some(std::string_view lines, std::size_t& done);

  const std::filesystem::path path_;
  const bool passage_;
  Descriptor output_;

  CondVar changed_;
  Mutex mutex_;
  std::deque<std::string> waiting_ GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;
  std::size_t dropped_ GUARDED_BY(mutex_) = 0;  // appends that found no room
  std::string failure_ GUARDED_BY(mutex_);      // why the thread ended early
  bool closing_ GUARDED_BY(mutex_) = false;
  std::jthread writer_;  // last, so that it ends first
};

}  // namespace mainstream
