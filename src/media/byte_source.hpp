// Where a format reads its bytes: a protocol of FFmpeg's, or a file descriptor that is no file.
#pragma once

#include <memory>
#include <string>

#include "media/interruption.hpp"
#include "media/source_address.hpp"

namespace mainstream {

struct CloseBytes {
  void operator()(AVIOContext* bytes) const;
};
using BytesPtr = std::unique_ptr<AVIOContext, CloseBytes>;

// Opens a file or url, and nothing by other protocols than `address.protocols`. Returns FFmpeg's code below 0
// if that fails; `options` loses those that were used.
[[nodiscard]] int open_bytes(const SourceAddress& address, Interruption& interruption, DictionaryPtr& options,
                             BytesPtr& bytes);

// Standard input ("-") or a FIFO: opening and reading wait for its writer, and end by the interruption. It
// must outlive the result. Throws unreadable.
[[nodiscard]] BytesPtr open_pipe(const std::string& path, Interruption& interruption);

}  // namespace mainstream
