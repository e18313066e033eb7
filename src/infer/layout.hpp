// Memory layouts: how a tensor's elements lie in memory, in oneDNN's terms.
#pragma once

#include <cstddef>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <string>

#include "mainstream/graph.hpp"

namespace mainstream {

using Layout = dnnl::memory::desc;

// f32, row-major. A shape without dimensions is a single element.
[[nodiscard]] Layout row_major(const Shape& shape);

// f32, for oneDNN to choose.
[[nodiscard]] Layout any_layout(const Shape& shape);

// The order of dimensions and the blocking of `like` for another shape of the same rank; row-major when that
// has no name.
[[nodiscard]] Layout layout_like(const Layout& like, const Shape& shape);

// Whether the bytes are the same as in a row-major layout, whatever the descriptor calls it. A blocked
// N x 32 x 1 x 1 is an example.
[[nodiscard]] bool is_row_major(const Layout& layout);

// Where the slices [begin, begin + size) of `axis` lie in `whole`, when they are one piece of memory that can
// stand for a tensor of its own: in bytes from the start.
[[nodiscard]] std::optional<std::size_t> contiguous_part(const Layout& whole, std::size_t axis,
                                                         std::int64_t begin, std::int64_t size);

// oneDNN's notation: "abcd" is row-major, "aBcd16b" has blocks of 16 channels.
[[nodiscard]] std::string layout_name(const Layout& layout);

}  // namespace mainstream
