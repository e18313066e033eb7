#include "infer/ports.hpp"

#include <fmt/format.h>

#include <cstring>

#include "mainstream/error.hpp"

namespace mainstream {

std::span<const float> view_of(const Placed& tensor) {
  return {reinterpret_cast<const float*>(tensor.data), tensor.layout.get_size() / sizeof(float)};
}

void copy_in(const Placed& tensor, std::span<const float> values, const std::string& name) {
  const std::size_t wanted = view_of(tensor).size();
  if (values.size() != wanted)
    throw Error(ErrorKind::usage, fmt::format("input '{}' of shape {} expected {} values, got {}", name,
                                              to_string(Shape(tensor.layout.dims())), wanted, values.size()));
  std::memcpy(tensor.data, values.data(), values.size_bytes());
}

}  // namespace mainstream
