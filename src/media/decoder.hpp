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
  struct Options {
    bool strict = false;       // a damaged frame fails, instead of being concealed
    bool skip_nonref = false;  // leaves out frames that no other needs
    bool hardware = false;     // VA-API where it works; the log says what became of it
    std::int64_t max_pixels = std::int64_t{kMaxPictureSide} * kMaxPictureSide;  // of a frame
  };

  // Throws unsupported (no decoder for the format) or untrusted (a picture that is too large).
  Decoder(const AVCodecParameters& parameters, std::string source, const Options& options);

  // Call it only when receive() has no frame left. Null means that no packet will follow.
  void send(const AVPacket* packet);

  // The next frame, in memory; null when the decoder needs another packet, or has ended().
  [[nodiscard]] FramePtr receive();

  // As Options::skip_nonref, from the next packet on.
  void skip_nonref(bool skip);

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::int64_t undecodable() const { return undecodable_; }
  // The newest failure's message; empty before the first.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void try_hardware();
  [[nodiscard]] FramePtr from_hardware(FramePtr frame);
  void count_failure(int code);

  const std::string source_;
  const std::int64_t max_pixels_;
  CodecPtr codec_;
  bool tell_hardware_ = false;  // what decodes is not known before the first frame
  std::string no_hardware_;     // why not
  bool ended_ = false;
  std::int64_t undecodable_ = 0;
  std::string failure_;
};

// Throws untrusted unless a frame of this size may be decoded.
void check_frame_size(const std::string& source, int width, int height, std::int64_t max_pixels);

}  // namespace mainstream
