// Decodes packets into frames: the only code that knows FFmpeg's decoding protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "media/ffmpeg.hpp"

namespace mainstream {

// Decodes one stream on the calling thread: a machine has more streams than cores, and a frame must not wait
// in the decoder for later ones.
class Decoder {
 public:
  // Throws unsupported (no decoder for the format) or untrusted (a picture that is too large). `strict`: a
  // damaged frame fails, instead of being concealed.
  Decoder(const AVCodecParameters& parameters, const std::string& source, bool strict);

  // Call it only when receive() has no frame left. Null means that no packet will follow.
  void send(const AVPacket* packet);

  // The next frame; null when the decoder needs another packet, or has ended().
  [[nodiscard]] FramePtr receive();

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::int64_t undecodable() const { return undecodable_; }
  // The newest failure's message; empty before the first.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void count_failure(int code);

  CodecPtr codec_;
  bool ended_ = false;
  std::int64_t undecodable_ = 0;
  std::string failure_;
};

}  // namespace mainstream
