// Memory of activations: buffers with lifetimes, packed into one arena.
#pragma once

#include <cstddef>
#include <vector>

namespace mainstream {

// Buffers are numbered in the order in which they were added. A buffer can be placed inside another one (a
// concatenation's input is written in place); the outermost buffer then lives as long as all its parts.
class Buffers {
 public:
  struct Place {
    int root = 0;
    std::size_t offset = 0;  // bytes from the root's start
  };

  int add(std::size_t bytes);
  [[nodiscard]] std::size_t bytes(int buffer) const { return entries_[index(buffer)].bytes; }
  [[nodiscard]] Place place(int buffer) const;

  // `root` must not lie inside another buffer yet, and must fit.
  void put_inside(int root, int parent, std::size_t offset);

  // The buffer is read or written by this step; steps count from 0.
  void use(int buffer, int step);
  // Shares the buffer with no other, so that it keeps its content from one run to the next.
  void keep(int buffer);

  // Assigns offsets to all roots, so that buffers that live at the same time do not overlap. Returns the
  // arena's size in bytes.
  std::size_t pack();
  [[nodiscard]] std::size_t offset(int buffer) const;  // in the arena, after pack()

 private:
  struct Entry {
    std::size_t bytes = 0;
    int parent = -1;
    std::size_t offset = 0;  // in the parent; for a root, in the arena
    int first = -1, last = -1;
    bool kept = false;
  };
  static std::size_t index(int buffer) { return static_cast<std::size_t>(buffer); }
  [[nodiscard]] static bool overlap_in_time(const Entry& a, const Entry& b);

  std::vector<Entry> entries_;
};

}  // namespace mainstream
