#include "media/memory_input.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace mainstream {
namespace {

constexpr int kBufferBytes = 1 << 15;

}  // namespace

MemoryInput::MemoryInput(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kBufferBytes));
  context_.reset(avio_alloc_context(buffer, kBufferBytes, 0, this, &read, nullptr, &seek));
  if (!context_) {
    av_free(buffer);
    throw std::bad_alloc();
  }
}

void MemoryInput::Deleter::operator()(AVIOContext* context) const {
  av_freep(&context->buffer);  // FFmpeg may have replaced the one it was given
  avio_context_free(&context);
}

int MemoryInput::read(void* self, std::uint8_t* to, int size) {
  auto& input = *static_cast<MemoryInput*>(self);
  const std::size_t count = std::min(static_cast<std::size_t>(size), input.bytes_.size() - input.position_);
  if (count == 0) return AVERROR_EOF;
  std::memcpy(to, input.bytes_.data() + input.position_, count);
  input.position_ += count;
  return static_cast<int>(count);
}

std::int64_t MemoryInput::seek(void* self, std::int64_t offset, int whence) {
  auto& input = *static_cast<MemoryInput*>(self);
  const auto size = static_cast<std::int64_t>(input.bytes_.size());
  if (whence == AVSEEK_SIZE) return size;
  if (whence == SEEK_CUR) offset += static_cast<std::int64_t>(input.position_);
  if (whence == SEEK_END) offset += size;
  if (offset < 0 || offset > size) return AVERROR(EINVAL);
  input.position_ = static_cast<std::size_t>(offset);
  return offset;
}

}  // namespace mainstream
