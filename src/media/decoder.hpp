// Packets in, frames out: the one place that knows FFmpeg's decoding protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "media/ffmpeg.hpp"

namespace mainstream {

// Decodes one stream on the calling thread: a node has more streams than cores, and a frame must
// not wait inside the decoder for those after it.
class Decoder {
 public:
  // Throws unsupported (no decoder for the format) or untrusted (a size that is not allowed).
  // `strict`: damage makes a frame undecodable, instead of being painted over.
  Decoder(const AVCodecParameters& parameters, const std::string& source, bool strict);

  // To be called only when receive() has nothing more. Null means that no packet will follow.
  void send(const AVPacket* packet);

  // The next frame; null when the decoder needs another packet, or has ended().
  [[nodiscard]] FramePtr receive();

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::int64_t undecodable() const { return undecodable_; }
  // Of the newest failure; empty before the first.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void count_failure(int code);

  CodecPtr codec_;
  bool ended_ = false;
  std::int64_t undecodable_ = 0;
  std::string failure_;
};

}  // namespace mainstream
