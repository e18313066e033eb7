#include "train/data/row_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "mainstream/error.hpp"

namespace mainstream {
namespace {

[[noreturn]] void fail(std::size_t bytes, const std::string& where) {
  throw Error(ErrorKind::storage, fmt::format("cannot keep {} MB of training data in {}: {}", bytes >> 20,
                                              where, std::strerror(errno)));
}

// A file of the given size with its blocks reserved, so that a full disk is an error here and not a fault
// later.
int open_unnamed(const std::filesystem::path& folder, std::size_t bytes) {
  std::filesystem::create_directories(folder);
  std::string name = (folder / "rows-XXXXXX").string();
  const int file = ::mkstemp(name.data());
  if (file < 0) fail(bytes, folder.string());
  ::unlink(name.c_str());
  const int code = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  if (code != 0) {
    ::close(file);
    errno = code;
    fail(bytes, folder.string());
  }
  return file;
}

std::byte* map(std::size_t bytes, std::size_t memory, const std::filesystem::path& folder) {
  void* mapped = MAP_FAILED;
  if (bytes <= memory) {
    mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  } else {
    const int file = open_unnamed(folder, bytes);
    mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
  }
  if (mapped == MAP_FAILED) fail(bytes, bytes <= memory ? "memory" : folder.string());
  return static_cast<std::byte*>(mapped);
}

}  // namespace

RowStore::RowStore(std::size_t rows, std::size_t row_bytes, std::size_t memory,
                   const std::filesystem::path& folder)
    : rows_(rows), row_bytes_(row_bytes) {
  if (rows == 0 || row_bytes == 0) return;
  if (rows > std::numeric_limits<std::ptrdiff_t>::max() / row_bytes) {
    throw Error(ErrorKind::storage, fmt::format("{} rows of {} bytes are too many", rows, row_bytes));
  }
  bytes_ = map(rows * row_bytes, memory, folder);
}

RowStore::~RowStore() {
  if (bytes_ != nullptr) ::munmap(bytes_, rows_ * row_bytes_);
}

std::span<std::byte> RowStore::row(std::size_t index) {
  return {bytes_ + index * row_bytes_, row_bytes_};
}

std::span<const std::byte> RowStore::row(std::size_t index) const {
  return {bytes_ + index * row_bytes_, row_bytes_};
}

}  // namespace mainstream
