// Models that are damaged, hostile or beyond us, through the program: exit code 3, one line, no file left
// behind.
#include <cmath>

#include "cli_testing.hpp"
#include "graph/onnx/model.hpp"

namespace mainstream {
namespace {

void expect_prepare_refuses(const std::string& bytes, const std::string& message,
                            const std::string& options = "") {
  const TestFolder folder;
  write_file(folder / "bad.onnx", bytes);
  const CliResult result = run_cli("base prepare " + (folder / "bad.onnx").string() + " -o " +
                                   (folder / "out.onnx").string() + " " + options);
  expect_refused(result, 3, message);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"bad.onnx"});
}

void set_integers(onnx::NodeProto* node, const char* name, const std::vector<std::int64_t>& values) {
  auto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute->add_ints(value);
}

onnx::NodeProto* first_node(OnnxModel& model) {
  return model.proto().mutable_graph()->mutable_node(0);
}
onnx::TensorProto* weights(OnnxModel& model) {
  return model.proto().mutable_graph()->mutable_initializer(0);
}

TEST(BadModelsTest, NoModelAtAll) {
  const std::string good = conv_model().bytes();
  expect_prepare_refuses("", "bad.onnx: not an ONNX file");
  expect_prepare_refuses("\x89PNG\r\n\x1a\n", "bad.onnx: not an ONNX file");
  expect_prepare_refuses(good.substr(0, good.size() - 20), "bad.onnx: ");
  expect_prepare_refuses(good.substr(0, good.size() / 2), "bad.onnx: ");
  expect_refused(run_cli("base prepare /nowhere/in.onnx -o /nowhere/out.onnx"), 3,
                 "/nowhere/in.onnx: cannot open");
  expect_refused(run_cli("base prepare / -o /nowhere/out.onnx"), 3, "/: not a regular file");
}

TEST(BadModelsTest, UnsupportedOperations) {
  OnnxModel model = conv_model();
  model.node("NonMaxSuppression", {"y"}, "z");
  expect_prepare_refuses(model.bytes(), "bad.onnx: node 'z' (NonMaxSuppression): cannot be run");

  OnnxModel foreign = conv_model();
  first_node(foreign)->set_domain("com.acme");
  expect_prepare_refuses(foreign.bytes(), "of domain 'com.acme'");

  expect_prepare_refuses(conv_model().opset(999).bytes(), "expected opset 7 to 17, got 999");
}

TEST(BadModelsTest, CyclesAndThingsThatNobodyMakes) {
  OnnxModel cycle;
  cycle.input("x", {1, 3, 8, 8}).output("b");
  cycle.node("Add", {"x", "b"}, "a");
  cycle.node("Relu", {"a"}, "b");
  expect_prepare_refuses(cycle.bytes(), "node 'a' (Add): reads 'b' before it is made: the graph has a cycle");

  OnnxModel missing_weights = conv_model();
  missing_weights.proto().mutable_graph()->clear_initializer();
  expect_prepare_refuses(missing_weights.bytes(), "node 'y' (Conv): reads 'w', which nothing makes");

  OnnxModel missing_output = conv_model();
  missing_output.output("nobody");
  expect_prepare_refuses(missing_output.bytes(), "no node makes output 'nobody'");

  OnnxModel nothing;
  expect_prepare_refuses(nothing.input("x", {1, 3, 8, 8}).bytes(), "bad.onnx: it has no output");
}

TEST(BadModelsTest, ValuesThatWouldShareABuffer) {
  OnnxModel twice = conv_model();
  twice.node("Relu", {"x"}, "y");
  expect_prepare_refuses(twice.bytes(), "bad.onnx: node 'y' (Relu): duplicate value 'y'");

  OnnxModel over_weights = conv_model();
  over_weights.node("Relu", {"y"}, "w");
  expect_prepare_refuses(over_weights.bytes(), "bad.onnx: node 'w' (Relu): duplicate value 'w'");

  OnnxModel over_input = conv_model();
  over_input.node("Relu", {"y"}, "x");
  expect_prepare_refuses(over_input.bytes(), "bad.onnx: node 'x' (Relu): duplicate value 'x'");

  OnnxModel into_itself = conv_model();
  into_itself.node("Relu", {"z"}, "z");
  expect_prepare_refuses(into_itself.bytes(), "node 'z' (Relu): reads 'z' before it is made");

  OnnxModel inputs = conv_model();
  inputs.input("x", {1, 3, 8, 8});
  expect_prepare_refuses(inputs.bytes(), "bad.onnx: duplicate value 'x'");
}

TEST(BadModelsTest, GiganticSizes) {
  OnnxModel wide;
  wide.input("x", {1, 3, INT64_C(1) << 40, 8}).output("y").floats("w", {4, 3, 3, 3});
  wide.node("Conv", {"x", "w"}, "y");
  expect_prepare_refuses(wide.bytes(), "input 'x' claims size 1099511627776");

  OnnxModel claims = conv_model();
  weights(claims)->set_dims(0, INT64_C(1) << 33);
  expect_prepare_refuses(claims.bytes(), "tensor 'w' claims to be 8589934592x3x3x3");

  OnnxModel negative = conv_model();
  weights(negative)->set_dims(0, -4);
  expect_prepare_refuses(negative.bytes(), "bad.onnx: ");
}

TEST(BadModelsTest, ShapesThatOverflow) {
  // 2^32 * 2^32 elements are 0 in 64 bits.
  OnnxModel weights_overflow = conv_model();
  for (int i = 0; i < 4; ++i) weights(weights_overflow)->set_dims(i, i < 2 ? INT64_C(1) << 32 : 1);
  weights(weights_overflow)->clear_float_data();
  expect_prepare_refuses(weights_overflow.bytes(), "bad.onnx: ");

  OnnxModel pads = conv_model();
  set_integers(first_node(pads), "pads", {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX});
  expect_prepare_refuses(pads.bytes(), "bad.onnx: node 'y' (conv): ");

  OnnxModel dilations = conv_model();
  set_integers(first_node(dilations), "dilations", {INT64_MAX / 2, INT64_MAX / 2});
  expect_prepare_refuses(dilations.bytes(), "bad.onnx: node 'y' (conv): ");

  OnnxModel strides = conv_model();
  set_integers(first_node(strides), "strides", {0, 0});
  expect_prepare_refuses(strides.bytes(), "bad.onnx: node 'y' (conv): ");

  OnnxModel reshape = conv_model();
  reshape.integers("shape", {INT64_C(1) << 32, INT64_C(1) << 32, -1}).output("z");
  reshape.node("Reshape", {"y", "shape"}, "z");
  expect_prepare_refuses(reshape.bytes(), "node 'z' (Reshape)");

  OnnxModel grows;  // each sum of two broadcast vectors squares the size
  grows.input("x", {1, 3, 60000, 1}).input("z", {1, 1, 1, 60000}).output("y");
  grows.node("Add", {"x", "z"}, "y");
  expect_prepare_refuses(grows.bytes(), "node 'y'");
}

TEST(BadModelsTest, ShapesThatDoNotFit) {
  OnnxModel channels = conv_model();
  weights(channels)->set_dims(1, 1);
  weights(channels)->set_dims(0, 12);
  expect_prepare_refuses(channels.bytes(), "bad.onnx: node 'y' (conv): ");

  OnnxModel small;
  small.input("x", {1, 3, 2, 2}).floats("w", {4, 3, 3, 3}).output("y");
  small.node("Conv", {"x", "w"}, "y");
  expect_prepare_refuses(small.bytes(), "node 'y'");
}

TEST(BadModelsTest, OpenSizesThatNothingBinds) {
  OnnxModel open;
  open.input("x", {0, 3, 0, 0}).floats("w", {4, 3, 3, 3}).output("y");
  open.node("Conv", {"x", "w"}, "y");
  expect_prepare_refuses(open.bytes(), "input 'x' leaves dimension 2 open; give a size with --input-size");

  OnnxModel channels;
  channels.input("x", {0, 0, 8, 8}).floats("w", {4, 3, 3, 3}).output("y");
  channels.node("Conv", {"x", "w"}, "y");
  expect_prepare_refuses(channels.bytes(), "input 'x' leaves dimension 1 open");

  OnnxModel batch;
  batch.input("x", {8, 3, 8, 8}).floats("w", {4, 3, 3, 3}).output("y");
  batch.node("Conv", {"x", "w"}, "y");
  expect_prepare_refuses(batch.bytes(), "expected one input, 1x3xHEIGHTxWIDTH, got \"x\" 8x3x8x8");
}

TEST(BadModelsTest, WeightsOutsideTheFile) {
  for (const char* place : {"../../etc/passwd", "/etc/passwd", "weights.bin"}) {
    OnnxModel model = conv_model();
    weights(model)->clear_float_data();
    weights(model)->set_data_location(onnx::TensorProto::EXTERNAL);
    auto* entry = weights(model)->add_external_data();
    entry->set_key("location");
    entry->set_value(place);
    expect_prepare_refuses(model.bytes(), "tensor 'w' keeps its data in another file");
  }
}

TEST(BadModelsTest, WeightsThatAreNoNumbers) {
  OnnxModel model = conv_model();
  weights(model)->set_float_data(3, std::numeric_limits<float>::infinity());
  expect_prepare_refuses(model.bytes(), "weights 'w' are not all finite");

  OnnxModel strings = conv_model();
  weights(strings)->set_data_type(onnx::TensorProto::STRING);
  expect_prepare_refuses(strings.bytes(), "tensor 'w': expected type f32, f64, i32, i64 or bool, got STRING");
}

TEST(BadModelsTest, NamesThatWouldSteerATerminal) {
  OnnxModel model = conv_model();
  model.node("Evil\n\x1b[2J", {"y"}, "z");
  expect_prepare_refuses(model.bytes(), "(Evil\\x0a\\x1b[2J)");
}

}  // namespace
}  // namespace mainstream
