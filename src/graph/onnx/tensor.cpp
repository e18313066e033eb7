#include "core/file.hpp"
#include "graph/onnx/import.hpp"
#include "mainstream/error.hpp"
#include "mainstream/tensor_file.hpp"

namespace mainstream {

Tensor read_onnx_tensor(const std::filesystem::path& path) {
  onnx::TensorProto proto;
  if (!proto.ParseFromString(read_file(path)))
    throw Error(ErrorKind::untrusted, path.string() + ": not an ONNX tensor");
  const OnnxConstant constant = read_constant(proto, path.string());
  if (constant.is_float()) return make_tensor(constant.shape, constant.floats());
  return make_tensor(constant.shape, {constant.integers().begin(), constant.integers().end()});
}

}  // namespace mainstream
