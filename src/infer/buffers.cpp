#include "infer/buffers.hpp"

#include <algorithm>
#include <numeric>

namespace mainstream {
namespace {

constexpr std::size_t kAlignment = 64;  // a cache line, and oneDNN's widest vector

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

int Buffers::add(std::size_t bytes) {
  entries_.push_back({.bytes = bytes});
  return static_cast<int>(entries_.size()) - 1;
}

Buffers::Place Buffers::place(int buffer) const {
  Place place{buffer, 0};
  while (entries_[index(place.root)].parent >= 0) {
    place.offset += entries_[index(place.root)].offset;
    place.root = entries_[index(place.root)].parent;
  }
  return place;
}

void Buffers::put_inside(int root, int parent, std::size_t offset) {
  entries_[index(root)].parent = parent;
  entries_[index(root)].offset = offset;
}

void Buffers::use(int buffer, int step) {
  Entry& entry = entries_[index(buffer)];
  if (entry.first < 0 || step < entry.first) entry.first = step;
  entry.last = std::max(entry.last, step);
}

void Buffers::keep(int buffer) {
  entries_[index(buffer)].kept = true;
}

bool Buffers::overlap_in_time(const Entry& a, const Entry& b) {
  return a.kept || b.kept || (a.first <= b.last && b.first <= a.last);
}

std::size_t Buffers::pack() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& part = entries_[i];
    if (part.parent < 0) continue;
    const int root = place(static_cast<int>(i)).root;
    if (part.first >= 0) {
      use(root, part.first);
      use(root, part.last);
    }
    if (part.kept) keep(root);
  }

  // Places the largest first, each at the lowest offset that is free during its lifetime.
  std::vector<std::size_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](std::size_t i) { return entries_[i].parent >= 0; });
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return entries_[a].bytes > entries_[b].bytes; });
  std::size_t size = 0;
  std::vector<const Entry*> placed;  // by offset
  for (const std::size_t i : order) {
    Entry& entry = entries_[i];
    std::size_t offset = 0;
    for (const Entry* other : placed) {
      if (!overlap_in_time(entry, *other)) continue;
      if (offset + entry.bytes <= other->offset) break;
      offset = std::max(offset, aligned(other->offset + other->bytes));
    }
    entry.offset = offset;
    size = std::max(size, offset + aligned(entry.bytes));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), &entry,
                                   [](const Entry* a, const Entry* b) { return a->offset < b->offset; }),
                  &entry);
  }
  return size;
}

std::size_t Buffers::offset(int buffer) const {
  const Place at = place(buffer);
  return entries_[index(at.root)].offset + at.offset;
}

}  // namespace mainstream
