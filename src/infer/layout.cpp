#include "infer/layout.hpp"

#include <oneapi/dnnl/dnnl_debug.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "infer/isa.hpp"

namespace mainstream {
namespace {

using Tag = dnnl::memory::format_tag;

dnnl::memory::dims dims_of(const Shape& shape) {
  return shape.empty() ? dnnl::memory::dims{1} : dnnl::memory::dims(shape.begin(), shape.end());
}

const dnnl_blocking_desc_t& blocking(const Layout& layout) {
  return layout.data.format_desc.blocking;
}

// The product of all inner blocks of a dimension.
std::int64_t block_size(const Layout& layout, int axis) {
  std::int64_t size = 1;
  const auto& inner = blocking(layout);
  for (int i = 0; i < inner.inner_nblks; ++i) {
    if (inner.inner_idxs[i] == axis) size *= inner.inner_blks[i];
  }
  return size;
}

// Dimensions from the outermost to the innermost.
std::vector<int> order_of(const Layout& layout) {
  std::vector<int> order(static_cast<std::size_t>(layout.data.ndims));
  std::iota(order.begin(), order.end(), 0);
  const auto& strides = blocking(layout).strides;
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return strides[a] > strides[b]; });
  return order;
}

std::optional<Tag> known_tag(const Layout& layout) {
  static const std::array<std::vector<Tag>, 7> tags = {{
      {},
      {Tag::a},
      {Tag::ab, Tag::ba},
      {Tag::abc, Tag::acb, Tag::aBc16b, Tag::aBc8b, Tag::aBc4b},
      {Tag::abcd, Tag::acdb, Tag::aBcd16b, Tag::aBcd8b, Tag::aBcd4b},
      {Tag::abcde, Tag::acdeb},
      {Tag::abcdef},
  }};
  const auto rank = static_cast<std::size_t>(layout.data.ndims);
  if (rank >= tags.size()) return std::nullopt;
  for (const Tag tag : tags[rank]) {
    if (Layout(layout.dims(), type_of(layout), tag) == layout) return tag;
  }
  return std::nullopt;
}

}  // namespace

DataType type_of(const Layout& layout) {
  return layout.data_type();
}

std::string type_name(DataType type) {
  return dnnl_dt2str(dnnl::memory::convert_to_c(type));
}

Layout row_major(const Shape& shape, DataType type) {
  return {dims_of(shape), type, dnnl::memory::dims{}};
}

Layout any_layout(const Shape& shape, DataType type) {
  return {dims_of(shape), type, Tag::any};
}

Layout channel_blocks(const Shape& shape, DataType type) {
  return {dims_of(shape), type, Tag::aBcd16b};
}

bool suits_channel_blocks(const Shape& shape) {
  return has_isa(dnnl::cpu_isa::avx512_core) && shape[1] % 16 == 0;
}

bool has_padding(const Layout& layout) {
  return !std::equal(layout.data.dims, layout.data.dims + layout.data.ndims, layout.data.padded_dims);
}

Layout unblocked(const Layout& layout) {
  if (layout.data.ndims != 4) return row_major(layout.dims(), type_of(layout));
  return {layout.dims(), type_of(layout), Tag::acdb};
}

Layout with_type(Layout layout, DataType type) {
  if (is_integer(type) && blocking(layout).inner_nblks > 0) layout = unblocked(layout);
  layout.data.data_type = dnnl::memory::convert_to_c(type);
  return layout;
}

Layout layout_like(const Layout& like, const Shape& shape) {
  const auto tag = known_tag(like);
  if (!tag || static_cast<std::size_t>(like.data.ndims) != dims_of(shape).size())
    return row_major(shape, type_of(like));
  return {dims_of(shape), type_of(like), *tag};
}

bool is_row_major(const Layout& layout) {
  const auto& data = layout.data;
  std::int64_t expected = 1;
  bool blocked_inside = false;  // a dimension further inside is blocked
  for (int d = data.ndims - 1; d >= 0; --d) {
    const std::int64_t block = block_size(layout, d);
    // Blocks of one dimension lie in order only if nothing lies further inside; padding at their
    // end is harmless only if nothing lies further outside.
    if (block > 1) {
      if (expected != 1 || blocked_inside) return false;
      blocked_inside = data.dims[d] % block != 0;
    } else if (data.dims[d] > 1) {
      if (blocked_inside || blocking(layout).strides[d] != expected) return false;
    }
    if (block > 1 && data.dims[d] > block && blocking(layout).strides[d] != block) return false;
    expected *= data.dims[d];
  }
  return true;
}

std::optional<std::size_t> contiguous_part(const Layout& whole, std::size_t axis, std::int64_t begin,
                                           std::int64_t size) {
  const auto& data = whole.data;
  const std::int64_t block = block_size(whole, static_cast<int>(axis));
  const bool ends_whole = (begin + size) % block == 0 || begin + size == data.dims[axis];
  if (begin % block != 0 || !ends_whole) return std::nullopt;
  const auto& strides = blocking(whole).strides;
  for (int d = 0; d < data.ndims; ++d) {
    const bool further_out = static_cast<std::size_t>(d) != axis && strides[d] >= strides[axis];
    if (further_out && data.dims[d] > 1) return std::nullopt;
  }
  return static_cast<std::size_t>(begin / block * strides[axis]) *
         dnnl::memory::data_type_size(type_of(whole));
}

std::string layout_name(const Layout& layout) {
  std::string name;
  for (const int d : order_of(layout)) {
    name += static_cast<char>((block_size(layout, d) > 1 ? 'A' : 'a') + d);
  }
  const auto& inner = blocking(layout);
  for (int i = 0; i < inner.inner_nblks; ++i) {
    name += std::to_string(inner.inner_blks[i]);
    name += static_cast<char>('a' + inner.inner_idxs[i]);
  }
  return name;
}

}  // namespace mainstream
