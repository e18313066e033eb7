// Tensors in files, for `mainstream infer` and for tests.
#pragma once

#include <filesystem>
#include <string_view>

#include "mainstream/graph.hpp"

namespace mainstream {

// Reads NumPy's format, versions 1 to 3: row-major, little-endian floats or integers (converted to f32).
// Throws unreadable, untrusted or unsupported, naming the file.
[[nodiscard]] Tensor read_npy(const std::filesystem::path& path);
[[nodiscard]] Tensor parse_npy(std::string_view bytes, const std::string& source);
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

// Reads a serialised ONNX TensorProto, as in the ONNX test suite.
[[nodiscard]] Tensor read_onnx_tensor(const std::filesystem::path& path);

}  // namespace mainstream
