// The model graph: read from ONNX files, compiled by the engine and walked by M-Trainer.
//
// Activations are NCHW (images) or NC (vectors); dimension 0 is the batch, 1 in every graph that
// was just read. Shapes of all activations are known. A Graph is a plain value: copy it freely
// (weights are shared between copies), change it through the functions below.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mainstream {

using Shape = std::vector<std::int64_t>;

[[nodiscard]] std::string to_string(const Shape& shape);  // "1x3x160x160"
[[nodiscard]] std::int64_t element_count(const Shape& shape);

// A constant: f32, row-major, immutable and shared.
struct Tensor {
  Shape shape;
  std::shared_ptr<const std::vector<float>> data;
};

[[nodiscard]] Tensor make_tensor(Shape shape, std::vector<float> data);

// The operations. Inputs are listed in order; "const" ones name an entry of Graph::constants.
// Pads are {top, left, bottom, right}.
namespace op {
using Pair = std::array<std::int64_t, 2>;  // {vertical, horizontal}
using Pads = std::array<std::int64_t, 4>;

struct Conv {  // x [N,C,H,W], const weights [M,C/groups,KH,KW], optional const bias [M]
  Pair strides{1, 1}, dilations{1, 1};
  Pads pads{0, 0, 0, 0};
  std::int64_t groups = 1;
};
struct Gemm {};  // x [N,K], const weights [M,K], optional const bias [M]: x * weights^T + bias
struct Pool {    // x [N,C,H,W]
  enum class Kind { max, average } kind = Kind::max;
  Pair kernel{1, 1}, strides{1, 1}, dilations{1, 1};
  Pads pads{0, 0, 0, 0};
  bool count_padding = false;  // average only: padding counts in the divisor
  bool ceil = false;           // output size is rounded up
};
struct GlobalPool {  // [N,C,H,W] -> [N,C,1,1]
  Pool::Kind kind = Pool::Kind::average;
};
struct Activation {  // any shape
  enum class Kind { relu, clip, leaky_relu, elu, sigmoid, hard_sigmoid, hard_swish, swish, tanh };
  Kind kind = Kind::relu;
  // clip: low, high. leaky_relu, elu: slope. hard_sigmoid: max(0, min(1, alpha * x + beta)).
  // hard_swish: x * max(0, min(1, alpha * x + beta)), swish: x * sigmoid(alpha * x).
  float alpha = 0, beta = 0;
};
struct Binary {  // two inputs, broadcast as in numpy; either may be const
  enum class Kind { add, sub, mul, div } kind = Kind::add;
};
struct Concat {
  std::int64_t axis = 1;
};
struct Softmax {
  std::int64_t axis = 1;
};
struct BatchNorm {  // x, const scale [C], bias [C], mean [C], variance [C]
  float epsilon = 1e-5F;
};
struct Lrn {  // across channels, as in ONNX
  std::int64_t size = 5;
  float alpha = 1e-4F, beta = 0.75F, bias = 1;
};
struct Pad {  // constant padding of a 4-D x
  Pads pads{0, 0, 0, 0};
  float value = 0;
};
struct Reshape {  // Flatten too; `shape` holds the output without its batch dimension
  Shape shape;
};
struct Transpose {
  std::vector<std::int64_t> order;  // output dimension i is input dimension order[i]
};
struct ReduceMean {
  std::vector<std::int64_t> axes;  // not negative, ascending
  bool keep_dims = true;
};
struct Slice {  // elements begin, begin + step, .. below end, of one axis
  std::int64_t axis = 1, begin = 0, end = 0, step = 1;
};
}  // namespace op

using Op = std::variant<op::Conv, op::Gemm, op::Pool, op::GlobalPool, op::Activation, op::Binary, op::Concat,
                        op::Softmax, op::BatchNorm, op::Lrn, op::Pad, op::Reshape, op::Transpose,
                        op::ReduceMean, op::Slice>;

// The operation's name ("conv", "relu", "max_pool").
[[nodiscard]] std::string op_name(const Op& op);

// Each node makes one activation and is named after it.
struct Node {
  Op op;
  std::vector<std::string> inputs;
  std::string output;
};

struct Graph {
  std::string name;
  std::vector<std::string> inputs;  // input activations
  std::vector<std::string> outputs;
  std::vector<Node> nodes;  // in order of execution; no node is dead
  std::map<std::string, Tensor> constants;
  std::map<std::string, Shape> shapes;          // shapes of the inputs and of every node's output
  std::map<std::string, std::string> metadata;  // ONNX metadata_props

  [[nodiscard]] const Shape& shape(const std::string& activation) const;
  [[nodiscard]] const Tensor& constant(const std::string& constant_name) const;
  [[nodiscard]] bool is_constant(const std::string& value) const { return constants.contains(value); }
};

// ---- ONNX -----------------------------------------------------------------------------------

// Reads an ONNX file (f32, opset 7 to 17). A free batch dimension becomes 1; a free height and width become
// `input_size` (without it they are refused). Constant expressions, shape arithmetic included, are evaluated;
// Identity and Dropout vanish; Split becomes Slice nodes; x * sigmoid(x) and x * hard_sigmoid(x) become one
// activation. The file is untrusted: throws unreadable, untrusted or unsupported, naming file and node.
using InputSize = std::optional<std::int64_t>;
[[nodiscard]] Graph read_onnx(const std::filesystem::path& path, InputSize input_size = {});

// `inputs` are values for all inputs of the file, in its order. Those that must be known before anything runs
// (weights, bounds, axes: files of the ONNX test suite take them as inputs) become constants of the graph and
// are removed from `inputs`. Also throws usage for a wrong number of inputs.
[[nodiscard]] Graph read_onnx(const std::filesystem::path& path, std::vector<Tensor>& inputs);

[[nodiscard]] Graph parse_onnx(std::string_view bytes, const std::string& source, InputSize input_size = {});

// Writes a valid ONNX file (opset 13; tests check it with the ONNX checker) with a free batch dimension.
[[nodiscard]] std::string to_onnx(const Graph& graph);

// ---- For the engine ------------------------------------------------------------------------------

// Folds batch normalisation, constant scales and offsets, and padding into convolutions, drops nodes that do
// nothing, and removes an NHWC input's transpose (the input becomes NCHW).
void fold(Graph& graph);

// The same graph for another batch size.
[[nodiscard]] Graph with_batch(Graph graph, std::int64_t batch);

// Multiply-adds of one node for the shapes in the graph.
[[nodiscard]] std::int64_t multiply_adds(const Graph& graph, const Node& node);

// A tensor through which every path from the input to the features passes.
struct Branchpoint {
  std::string tensor;
  std::int64_t layers = 0;  // nodes before it, which run when the stem ends here
  double fraction = 0;      // share of the multiply-adds up to the features that come before it
};

}  // namespace mainstream
