#include "media/byte_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mainstream {
namespace {

constexpr int kBufferSize = 1 << 16;
constexpr int kPollMs = 100;  // between looks at the interruption

struct Pipe {
  int descriptor;
  const Interruption& interruption;
};

int read_pipe(void* self, std::uint8_t* to, int size) {
  const Pipe& pipe = *static_cast<const Pipe*>(self);
  for (;;) {
    if (pipe.interruption.interrupts()) return AVERROR_EXIT;
    pollfd ready{pipe.descriptor, POLLIN, 0};
    const int count = ::poll(&ready, 1, kPollMs);
    if (count == 0 || (count < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(pipe.descriptor, to, static_cast<std::size_t>(size));
    if (got > 0) return static_cast<int>(got);
    if (got == 0) return AVERROR_EOF;
    if (errno != EAGAIN && errno != EINTR) return AVERROR(errno);
  }
}

}  // namespace

void CloseBytes::operator()(AVIOContext* bytes) const {
  if (bytes->read_packet != read_pipe) {
    avio_close(bytes);
    return;
  }
  const auto* pipe = static_cast<const Pipe*>(bytes->opaque);
  if (pipe->descriptor != STDIN_FILENO) ::close(pipe->descriptor);
  delete pipe;
  av_freep(&bytes->buffer);
  avio_context_free(&bytes);
}

int open_bytes(const SourceAddress& address, Interruption& interruption, DictionaryPtr& options,
               BytesPtr& bytes) {
  const std::string url = address.kind == SourceAddress::Kind::file ? "file:" + address.url : address.url;
  AVIOContext* raw = nullptr;
  AVDictionary* raw_options = options.release();
  av_dict_set(&raw_options, "protocol_whitelist", address.protocols.c_str(), 0);
  const AVIOInterruptCB callback = interruption.callback();
  const int code = avio_open2(&raw, url.c_str(), AVIO_FLAG_READ, &callback, &raw_options);
  options.reset(raw_options);
  bytes.reset(raw);
  return code;
}

BytesPtr open_pipe(const std::string& path, Interruption& interruption) {
  const bool standard_input = path == "-";
  // Without O_NONBLOCK, opening a FIFO would wait for its writer without looking at the interruption.
  const int descriptor =
      standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) {
    throw Error(ErrorKind::unreadable,
                fmt::format("{}: cannot be opened as a video: {}", path, std::strerror(errno)));
  }
  auto pipe = std::make_unique<Pipe>(Pipe{descriptor, interruption});
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferSize));
  AVIOContext* bytes = avio_alloc_context(buffer, kBufferSize, 0, pipe.get(), read_pipe, nullptr, nullptr);
  if (buffer == nullptr || bytes == nullptr) throw std::bad_alloc();
  (void)pipe.release();
  return BytesPtr(bytes);
}

}  // namespace mainstream
