#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

#include "core/file.hpp"
#include "mainstream/error.hpp"
#include "mainstream/tensor_file.hpp"

static_assert(std::endian::native == std::endian::little, "npy files are read as they lie in memory");

namespace mainstream {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

// The file's header: a Python dictionary, {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }.
struct NpyHeader {
  std::string type;
  Shape shape;
  std::size_t data = 0;  // where the values begin
};

class NpyParser {
 public:
  NpyParser(std::string_view bytes, std::string source) : bytes_(bytes), source_(std::move(source)) {}

  Tensor parse() const {
    const NpyHeader header = parse_header();
    const std::string_view data = bytes_.substr(header.data);
    if (header.type == "<f4" || header.type == "|f4") return values<float>(header.shape, data);
    if (header.type == "<f8") return values<double>(header.shape, data);
    if (header.type == "<i8") return values<std::int64_t>(header.shape, data);
    if (header.type == "<i4") return values<std::int32_t>(header.shape, data);
    if (header.type == "|u1") return values<std::uint8_t>(header.shape, data);
    throw Error(
        ErrorKind::unsupported,
        fmt::format("{}: expected values of type <f4, <f8, <i4, <i8 or |u1, got '{}'", source_, header.type));
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::untrusted, fmt::format("{}: not a NumPy file: {}", source_, what));
  }

  std::size_t number(std::size_t at, std::size_t size) const {
    std::size_t value = 0;
    std::memcpy(&value, bytes_.data() + at, size);
    return value;
  }

  NpyHeader parse_header() const {
    if (bytes_.size() < 12 || !bytes_.starts_with(kMagic)) fail("it does not begin with NumPy's magic bytes");
    const int version = static_cast<unsigned char>(bytes_[6]);
    if (version < 1 || version > 3) fail(fmt::format("expected version 1, 2 or 3, got {}", version));
    const std::size_t length_size = version == 1 ? 2 : 4;
    const std::size_t begin = 8 + length_size;
    const std::size_t length = number(8, length_size);
    if (length > bytes_.size() - begin) fail("the header is cut off");
    const std::string_view text = bytes_.substr(begin, length);
    if (after(text, "'fortran_order':").starts_with("True"))
      throw Error(ErrorKind::unsupported,
                  source_ + ": its values are in column-major order; save them with numpy.ascontiguousarray");
    return {quoted(after(text, "'descr':")), shape(after(text, "'shape':")), begin + length};
  }

  std::string_view after(std::string_view text, std::string_view key) const {
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) fail(fmt::format("the header has no {}", key));
    text.remove_prefix(at + key.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text;
  }

  std::string quoted(std::string_view text) const {
    const std::size_t end = text.find('\'', 1);
    if (!text.starts_with('\'') || end == std::string_view::npos) fail("its type is not a simple one");
    return std::string(text.substr(1, end - 1));
  }

  Shape shape(std::string_view text) const {
    if (!text.starts_with('(')) fail("its shape is not a tuple");
    Shape shape;
    for (text.remove_prefix(1); !text.starts_with(')');) {
      std::int64_t size = -1;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
      if (error != std::errc() || size < 0) fail("its shape is not a tuple of sizes");
      shape.push_back(size);
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
      text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()));
    }
    return shape;
  }

  template <typename Element>
  Tensor values(const Shape& shape, std::string_view data) const {
    const auto count = static_cast<std::size_t>(element_count(shape));
    if (data.size() / sizeof(Element) != count || data.size() % sizeof(Element) != 0)
      fail(fmt::format("shape ({}) does not fit {} bytes of values", fmt::join(shape, ", "), data.size()));
    std::vector<float> result(count);
    for (std::size_t i = 0; i < count; ++i) {
      Element element;
      std::memcpy(&element, data.data() + i * sizeof(Element), sizeof(Element));
      result[i] = static_cast<float>(element);
    }
    return make_tensor(shape, std::move(result));
  }

  const std::string_view bytes_;
  const std::string source_;
};

}  // namespace

Tensor parse_npy(std::string_view bytes, const std::string& source) {
  return NpyParser(bytes, source).parse();
}

Tensor read_npy(const std::filesystem::path& path) {
  return parse_npy(read_file(path), path.string());
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  const std::string sizes =
      fmt::format("{}{}", fmt::join(tensor.shape, ", "), tensor.shape.size() == 1 ? "," : "");
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", sizes);
  constexpr std::size_t kAlignment = 64;  // alignment of the values, as in NumPy
  const std::size_t before = kMagic.size() + 4;
  header.resize((before + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - before, ' ');
  header.back() = '\n';
  std::string bytes(kMagic);
  bytes += {1, 0, static_cast<char>(header.size() & 0xFF), static_cast<char>(header.size() >> 8)};
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(tensor.data->data()), tensor.data->size() * sizeof(float));
  write_file(path, bytes);
}

}  // namespace mainstream
