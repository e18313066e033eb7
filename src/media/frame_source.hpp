// What frames come from, behind an interface, so that tests of cameras can give their own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "mainstream/media.hpp"

namespace mainstream {

// An opened source. The contract is VideoReader's. One thread at a time.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  [[nodiscard]] virtual const VideoInfo& info() const = 0;
  [[nodiscard]] virtual std::optional<VideoFrame> next() = 0;
  [[nodiscard]] virtual std::int64_t undecodable() const = 0;
};

// Opens what `source` names. Throws as VideoReader's constructor does.
[[nodiscard]] std::unique_ptr<FrameSource> open_source(const std::string& source,
                                                       const SourceOptions& options, std::stop_token stop);

}  // namespace mainstream
