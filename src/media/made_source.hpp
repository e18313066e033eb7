// Sources that are no video: a folder of pictures, and a picture that is computed.
#pragma once

#include <memory>
#include <stop_token>

#include "media/frame_source.hpp"
#include "media/source_address.hpp"

namespace mainstream {

// The pictures in a folder (not in folders within it), in the order of their names, at options.fps. Those
// that cannot be read are counted. Throws usage without a rate, unreadable without a picture.
[[nodiscard]] std::unique_ptr<FrameSource> open_picture_folder(const SourceAddress& address,
                                                               const SourceOptions& options,
                                                               std::stop_token stop);

// "test:640x480@14": a grey ramp that moves to the right and a white square that moves over it. Without an
// end, at options.fps where that is given. Frame i is always the same.
[[nodiscard]] std::unique_ptr<FrameSource> open_test_picture(const SourceAddress& address,
                                                             const SourceOptions& options,
                                                             std::stop_token stop);

}  // namespace mainstream
