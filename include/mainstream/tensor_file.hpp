// Tensors in files: what `mainstream infer` reads and writes, and what tests compare with.
#pragma once

#include <filesystem>
#include <string_view>

#include "mainstream/graph.hpp"

namespace mainstream {

// NumPy's format, versions 1 to 3, row-major, little-endian floats or integers (taken as f32). Throws
// unreadable, untrusted or unsupported, naming the file.
[[nodiscard]] Tensor read_npy(const std::filesystem::path& path);
[[nodiscard]] Tensor parse_npy(std::string_view bytes, const std::string& source);
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

// A serialised ONNX TensorProto, as the ONNX test suite's inputs and outputs are.
[[nodiscard]] Tensor read_onnx_tensor(const std::filesystem::path& path);

}  // namespace mainstream
