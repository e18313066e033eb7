// Files, network streams, devices and pipes, read by FFmpeg.
#pragma once

#include <memory>
#include <stop_token>

#include "media/frame_source.hpp"
#include "media/source_address.hpp"

namespace mainstream {

// Throws as VideoReader's constructor does.
[[nodiscard]] std::unique_ptr<FrameSource> open_ffmpeg_source(const SourceAddress& address,
                                                              const SourceOptions& options,
                                                              std::stop_token stop);

}  // namespace mainstream
