// Bytes in memory as an FFmpeg input.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "media/ffmpeg.hpp"

namespace mainstream {

// Refers to the bytes. It must outlive its readers.
class MemoryInput {
 public:
  explicit MemoryInput(std::span<const std::uint8_t> bytes);
  MemoryInput(const MemoryInput&) = delete;
  MemoryInput& operator=(const MemoryInput&) = delete;

  [[nodiscard]] AVIOContext* context() { return context_.get(); }

 private:
  struct Deleter {
    void operator()(AVIOContext* context) const;
  };
  static int read(void* self, std::uint8_t* to, int size);
  static std::int64_t seek(void* self, std::int64_t offset, int whence);

  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  std::unique_ptr<AVIOContext, Deleter> context_;
};

}  // namespace mainstream
