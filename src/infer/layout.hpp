// Memory layouts of tensors, in oneDNN's terms.
#pragma once

#include <cstddef>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>

#include "mainstream/graph.hpp"

namespace mainstream {

using Layout = dnnl::memory::desc;
using DataType = dnnl::memory::data_type;

[[nodiscard]] DataType type_of(const Layout& layout);
[[nodiscard]] std::string type_name(DataType type);  // "f32", "u8"
[[nodiscard]] inline bool is_integer(DataType type) {
  return type == DataType::u8 || type == DataType::s8;
}

// Row-major. A shape without dimensions is a single element.
[[nodiscard]] Layout row_major(const Shape& shape, DataType type = DataType::f32);

// Lets oneDNN choose the layout.
[[nodiscard]] Layout any_layout(const Shape& shape, DataType type = DataType::f32);

// Four dimensions, in blocks of 16 channels.
[[nodiscard]] Layout channel_blocks(const Shape& shape, DataType type);
// Whether f32 convolutions are fastest in these blocks: with AVX-512, if the last block is full.
[[nodiscard]] bool suits_channel_blocks(const Shape& shape);

// Whether memory holds more elements than the shape, because of blocks that are not full.
[[nodiscard]] bool has_padding(const Layout& layout);

// The same elements without blocks: channels last for pictures, otherwise row-major.
[[nodiscard]] Layout unblocked(const Layout& layout);

// The same order with another element type; integers without blocks, for which oneDNN has no fast code.
[[nodiscard]] Layout with_type(Layout layout, DataType type);

// The type, the order of dimensions and the blocking of `like` for another shape of the same rank; row-major
// when that has no name.
[[nodiscard]] Layout layout_like(const Layout& like, const Shape& shape);

// Whether the bytes are the same as in a row-major layout, whatever the descriptor says. A blocked N x 32 x 1
// x 1 is an example.
[[nodiscard]] bool is_row_major(const Layout& layout);

// The offset in bytes of the slices [begin, begin + size) of `axis` in `whole`, if they are one piece of
// memory that can be a tensor of its own.
[[nodiscard]] std::optional<std::size_t> contiguous_part(const Layout& whole, std::size_t axis,
                                                         std::int64_t begin, std::int64_t size);

// oneDNN's notation: "abcd" is row-major, "aBcd16b" has blocks of 16 channels.
[[nodiscard]] std::string layout_name(const Layout& layout);

}  // namespace mainstream
