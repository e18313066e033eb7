#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/checker.h>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "graph/onnx/model.hpp"
#include "graph/ops.hpp"
#include "graph/passes.hpp"
#include "mainstream/graph.hpp"
#include "package/fingerprint.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;

std::vector<std::string> operations(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(op_name(node.op));
  return names;
}

TEST(OnnxTest, ReadsAConvolution) {
  const Graph graph = conv_model().read();
  EXPECT_THAT(operations(graph), ElementsAre("conv"));
  EXPECT_THAT(graph.shape("x"), ElementsAre(1, 3, 8, 8));
  EXPECT_THAT(graph.shape("y"), ElementsAre(1, 4, 6, 6));
}

TEST(OnnxTest, EvaluatesTheShapeArithmeticOfFlattening) {
  OnnxModel model;
  model.input("x", {0, 2, 3, 4}).output("y").integers("one", {-1}).integers("axis", {0});
  auto* index = model.node("Constant", {}, "index")->add_attribute();
  index->set_name("value_int");
  index->set_type(onnx::AttributeProto::INT);
  index->set_i(0);
  model.node("Shape", {"x"}, "shape");
  model.node("Gather", {"shape", "index"}, "batch");
  model.node("Unsqueeze", {"batch", "axis"}, "batches");
  model.node("Concat", {"batches", "one"}, "target");
  model.node("Reshape", {"x", "target"}, "y");
  const Graph graph = model.read();
  EXPECT_THAT(operations(graph), ElementsAre("reshape"));
  EXPECT_THAT(graph.shape("y"), ElementsAre(1, 24));
  EXPECT_TRUE(graph.constants.empty());
}

TEST(OnnxTest, DropoutAndIdentityVanishAndGatesBecomeActivations) {
  OnnxModel model;
  model.input("x", {1, 2, 3, 4}).output("y");
  model.node("Dropout", {"x"}, "a");
  model.node("Sigmoid", {"a"}, "b");
  model.node("Mul", {"a", "b"}, "c");
  model.node("Identity", {"c"}, "y");
  const Graph graph = model.read();
  EXPECT_THAT(operations(graph), ElementsAre("swish"));
  EXPECT_THAT(graph.outputs, ElementsAre("c"));
  EXPECT_THAT(graph.nodes.front().inputs, ElementsAre("x"));
}

TEST(OnnxTest, SamePaddingGivesTheDocumentedOutputSize) {
  OnnxModel model;
  model.input("x", {1, 1, 7, 6}).floats("w", {1, 1, 3, 3}).output("y");
  auto* node = model.node("Conv", {"x", "w"}, "y");
  auto* automatic = node->add_attribute();
  automatic->set_name("auto_pad");
  automatic->set_type(onnx::AttributeProto::STRING);
  automatic->set_s("SAME_UPPER");
  auto* strides = node->add_attribute();
  strides->set_name("strides");
  strides->set_type(onnx::AttributeProto::INTS);
  strides->add_ints(2);
  strides->add_ints(2);
  const Graph graph = model.read();
  EXPECT_THAT(graph.shape("y"), ElementsAre(1, 1, 4, 3));
  EXPECT_THAT(std::get<op::Conv>(graph.nodes[0].op).pads, ElementsAre(1, 0, 1, 1));
}

TEST(OnnxTest, GivenInputsThatAreParametersBecomeConstants) {
  const TestFolder folder;
  OnnxModel model;
  model.input("x", {1, 3, 8, 8}).input("w", {4, 3, 3, 3}).input("shape", {2}).output("z");
  model.proto().mutable_graph()->mutable_input(2)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::INT64);
  model.node("Conv", {"x", "w"}, "y");
  model.node("Reshape", {"y", "shape"}, "z");
  write_file(folder / "m.onnx", model.bytes());
  const std::vector<Tensor> given{make_tensor({1, 3, 8, 8}, std::vector<float>(192)),
                                  make_tensor({4, 3, 3, 3}, std::vector<float>(108, 2)),
                                  make_tensor({2}, {0, -1})};
  auto inputs = given;
  const Graph graph = read_onnx(folder / "m.onnx", inputs);
  EXPECT_EQ(inputs.size(), 1U);
  EXPECT_THAT(graph.inputs, ElementsAre("x"));
  EXPECT_EQ(graph.constant("w").data->front(), 2);
  EXPECT_THAT(graph.shape("z"), ElementsAre(1, 144));

  inputs = given;
  inputs[2] = make_tensor({2}, {0, std::nanf("")});
  EXPECT_ERROR(untrusted, read_onnx(folder / "m.onnx", inputs), "input 'shape' is given a value that is not");
  inputs = {given[0]};
  EXPECT_ERROR(usage, read_onnx(folder / "m.onnx", inputs), "expected 3 inputs, got 1");
}

TEST(OnnxTest, RefusesWhatIsNotAModel) {
  const std::string bytes = conv_model().proto().SerializeAsString();
  EXPECT_ERROR(untrusted, parse_onnx("", "m.onnx"), "m.onnx: not an ONNX file");
  EXPECT_ERROR(untrusted, parse_onnx("hello, world", "m.onnx"), "m.onnx: not an ONNX file");
  EXPECT_ERROR(untrusted, parse_onnx(bytes.substr(0, bytes.size() / 2), "m.onnx"), "m.onnx: ");
  EXPECT_ERROR(unreadable, read_onnx("/nowhere.onnx"), "/nowhere.onnx: cannot open");
}

// However a good file is cut off, reading it ends in an error or in a graph, never in a crash.
TEST(OnnxTest, EveryTruncationIsHandled) {
  const std::string bytes = conv_model().proto().SerializeAsString();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    try {
      (void)parse_onnx(bytes.substr(0, size), "m.onnx");
    } catch (const Error& error) {
      EXPECT_EQ(exit_code(error.kind()), 3) << error.what();
    }
  }
}

TEST(OnnxTest, NamesTheUnsupportedNode) {
  OnnxModel model = conv_model();
  model.node("NonMaxSuppression", {"y"}, "z");
  EXPECT_ERROR(unsupported, model.read(), "m.onnx: node 'z' (NonMaxSuppression): cannot be run");
}

TEST(OnnxTest, RefusesCyclesMissingInputsAndValuesMadeTwice) {
  OnnxModel cycle;
  cycle.input("x", {1, 2}).output("b");
  cycle.node("Add", {"x", "b"}, "a");
  cycle.node("Relu", {"a"}, "b");
  EXPECT_ERROR(untrusted, cycle.read(), "node 'a' (Add): reads 'b' before it is made: the graph has a cycle");

  OnnxModel missing = conv_model();
  missing.node("Relu", {"nobody"}, "z");
  EXPECT_ERROR(untrusted, missing.read(), "node 'z' (Relu): reads 'nobody', which nothing makes");

  OnnxModel twice = conv_model();
  twice.node("Relu", {"x"}, "y");
  EXPECT_ERROR(untrusted, twice.read(), "duplicate value 'y'");
}

TEST(OnnxTest, RefusesToFlattenAScalar) {
  OnnxModel model;
  model.input("x", {1, 2}).floats("one", {}).output("z");
  model.node("Flatten", {"one"}, "y");
  model.node("Add", {"x", "y"}, "z");
  EXPECT_ERROR(untrusted, model.read(), "node 'y' (Flatten): a scalar cannot be flattened");
}

TEST(OnnxTest, RefusesImpossibleSizes) {
  OnnxModel gigantic;
  gigantic.input("x", {1, 3, 1LL << 40, 8}).output("x");
  EXPECT_ERROR(untrusted, gigantic.read(), "input 'x' claims size 1099511627776");

  OnnxModel blown_up = conv_model();
  blown_up.proto().mutable_graph()->mutable_initializer(0)->set_dims(0, 1LL << 61);
  EXPECT_ERROR(untrusted, blown_up.read(), "tensor 'w' claims to be 2305843009213693952x3x3x3");

  OnnxModel large_output;
  large_output.input("x", {1, 40000, 40000, 1}).input("z", {1, 40000, 1, 40000}).output("y");
  large_output.node("Add", {"x", "z"}, "y");
  EXPECT_ERROR(unsupported, large_output.read(), "more than 2147483648 elements");

  OnnxModel padded = conv_model();
  auto* pads = padded.proto().mutable_graph()->mutable_node(0)->add_attribute();
  pads->set_name("pads");
  pads->set_type(onnx::AttributeProto::INTS);
  for (int i = 0; i < 4; ++i) pads->add_ints(INT64_MAX);
  EXPECT_ERROR(unsupported, padded.read(), "attribute value 9223372036854775807 is impossible");
}

void set_integers(onnx::NodeProto* node, const char* name, const std::vector<std::int64_t>& values) {
  auto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute->add_ints(value);
}

TEST(OnnxTest, AttributesAtTheEndOfTheirRangeDoNotOverflow) {
  const std::vector<std::int64_t> ends{INT64_MAX, INT64_MAX};
  for (const char* name : {"strides", "dilations"}) {
    OnnxModel same = conv_model();
    auto* automatic = same.proto().mutable_graph()->mutable_node(0)->add_attribute();
    automatic->set_name("auto_pad");
    automatic->set_s("SAME_UPPER");
    set_integers(same.proto().mutable_graph()->mutable_node(0), name, ends);
    EXPECT_ERROR(untrusted, same.read(), "its window does not fit its input");
  }
  OnnxModel slice;
  slice.input("x", {1, 8}).output("y").opset(9);
  auto* node = slice.node("Slice", {"x"}, "y");
  set_integers(node, "starts", {INT64_MIN});
  set_integers(node, "ends", {INT64_MAX});
  set_integers(node, "axes", {1});
  EXPECT_THAT(slice.read().shape("x"), ElementsAre(1, 8));

  OnnxModel gather;
  gather.input("x", {1, 8}).output("y");
  auto* index = gather.proto().mutable_graph()->add_initializer();
  index->set_name("i");
  index->set_data_type(onnx::TensorProto::INT64);
  index->add_int64_data(INT64_MAX);
  auto* axis = gather.node("Gather", {"x", "i"}, "y")->add_attribute();
  axis->set_name("axis");
  axis->set_i(1);
  EXPECT_ERROR(untrusted, gather.read(), "index 9223372036854775807 is out of range for size 8");
}

TEST(OnnxTest, ListsThatWereJoinedKnowTheirLength) {
  OnnxModel model;
  model.input("x", {1, 6, 5}).integers("a", {1, 2}).integers("b", {4}).output("y");
  model.integers("one", {1}).integers("rest", {-1});
  model.node("Concat", {"a", "b"}, "joined");
  model.node("Shape", {"joined"}, "length");
  model.node("Concat", {"one", "length", "rest"}, "target");
  model.node("Reshape", {"x", "target"}, "y");
  EXPECT_THAT(model.read().shape("y"), ElementsAre(1, 3, 10));
}

TEST(OnnxTest, AShapeMayBeAskedForInPart) {
  OnnxModel model;
  model.input("x", {1, 2, 3, 4}).integers("open", {-1}).output("y").opset(15);
  auto* node = model.node("Shape", {"x"}, "front");
  for (const auto& [name, value] : {std::pair{"start", 0}, std::pair{"end", -2}}) {
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_i(value);
  }
  model.node("Concat", {"front", "open"}, "target");
  model.node("Reshape", {"x", "target"}, "y");
  EXPECT_THAT(model.read().shape("y"), ElementsAre(1, 2, 12));
}

TEST(OnnxTest, RefusesDropoutThatDrops) {
  OnnxModel model;
  model.input("x", {1, 2}).floats("ratio", {1}, 0.5F).integers("training", {1}).output("y");
  auto* node = model.node("Dropout", {"x", "ratio", "training"}, "y");
  EXPECT_ERROR(unsupported, model.read(), "node 'y' (Dropout): cannot be run: training mode");
  node->mutable_input()->RemoveLast();
  EXPECT_THAT(operations(model.read()), ElementsAre());
}

TEST(OnnxTest, TheBiasOfAGemmMayBeScaledOrOneForAll) {
  OnnxModel model;
  model.input("x", {1, 2}).floats("w", {2, 3}).floats("b", {1}, 4).output("y");
  auto* beta = model.node("Gemm", {"x", "w", "b"}, "y")->add_attribute();
  beta->set_name("beta");
  beta->set_f(0.5F);
  const Graph graph = model.read();
  EXPECT_THAT(*graph.constant(graph.nodes[0].inputs[2]).data, ElementsAre(2, 2, 2));

  OnnxModel by_row;
  by_row.input("x", {3, 2}).floats("w", {2, 3}).floats("b", {3, 1}).output("y");
  by_row.node("Gemm", {"x", "w", "b"}, "y");
  EXPECT_ERROR(unsupported, by_row.read(), "node 'y' (Gemm): cannot be run: a bias of 3x1 for 3 outputs");
}

// 40 nodes that each join the list before them to itself would make 2^40 elements.
TEST(OnnxTest, RefusesConstantsThatGrowWithoutEnd) {
  OnnxModel model;
  model.integers("c0", {1}).output("c40");
  for (int i = 0; i < 40; ++i) {
    const std::string before = "c" + std::to_string(i);
    model.node("Concat", {before, before}, "c" + std::to_string(i + 1));
  }
  EXPECT_ERROR(unsupported, model.read(), "node 'c21' (Concat): cannot be run: too many elements");
}

TEST(OnnxTest, RefusesEndlessDimensions) {
  OnnxModel many = conv_model();
  for (int i = 0; i < 1000; ++i) many.proto().mutable_graph()->mutable_initializer(0)->add_dims(1);
  EXPECT_ERROR(untrusted, many.read(), "tensor 'w' claims to be");
  OnnxModel input;
  input.input("x", std::vector<std::int64_t>(1000, 1)).output("x");
  EXPECT_ERROR(untrusted, input.read(), "input 'x' claims to be");
  OnnxModel unsqueeze;
  unsqueeze.input("x", {1, 2}).integers("axes", {1, 2, 3, 4, 5, 6, 7, 8, 9}).output("y");
  unsqueeze.node("Unsqueeze", {"x", "axes"}, "y");
  EXPECT_ERROR(unsupported, unsqueeze.read(), "node 'y' (Unsqueeze): cannot be run: 11 dimensions");
}

TEST(OnnxTest, APartOfASplitThatNobodyNamedIsLeftOut) {
  OnnxModel model;
  model.input("x", {1, 6}).output("a").output("c");
  auto* node = model.node("Split", {"x"}, "a");
  node->add_output("");
  node->add_output("c");
  auto* axis = node->add_attribute();
  axis->set_name("axis");
  axis->set_i(1);
  const Graph graph = model.read();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[1].output, "c");
  EXPECT_EQ(std::get<op::Slice>(graph.nodes[1].op).begin, 4);
}

TEST(OnnxTest, NamesOfItsOwnDoNotMeetThoseOfTheFile) {
  OnnxModel model;
  model.input("y_sum1", {1, 4}).input("b", {1, 4}).input("c", {1, 4}).output("y");
  model.node("Sum", {"y_sum1", "b", "c"}, "y");
  const Graph graph = model.read();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_NE(graph.nodes[0].output, "y_sum1");
}

TEST(OnnxTest, RefusesOpenSizesUnlessBound) {
  OnnxModel model;
  model.input("x", {0, 3, 0, 0}).output("x");
  EXPECT_ERROR(unsupported, model.read(), "leaves dimension 2 open; give a size with --input-size");
  EXPECT_THAT(parse_onnx(model.proto().SerializeAsString(), "m", 32).shape("x"), ElementsAre(1, 3, 32, 32));
}

TEST(OnnxTest, RefusesWeightsInOtherFiles) {
  OnnxModel model = conv_model();
  auto* tensor = model.proto().mutable_graph()->mutable_initializer(0);
  tensor->set_data_location(onnx::TensorProto::EXTERNAL);
  auto* entry = tensor->add_external_data();
  entry->set_key("location");
  entry->set_value("../../etc/passwd");
  EXPECT_ERROR(unsupported, model.read(), "keeps its data in another file");
}

TEST(OnnxTest, RefusesWeightsThatAreNotFinite) {
  OnnxModel model = conv_model();
  model.proto().mutable_graph()->mutable_initializer(0)->set_float_data(5, std::nanf(""));
  EXPECT_ERROR(untrusted, model.read(), "weights 'w' are not all finite");
}

// All operations can be written and read back equal, and ONNX's checker accepts them.
TEST(OnnxTest, WritesWhatItReads) {
  Graph graph;
  graph.name = "all";
  graph.inputs = {"x"};
  graph.shapes["x"] = {1, 4, 9, 9};
  graph.metadata = {{"mainstream.format", "1"}};
  graph.constants["w"] = make_tensor({4, 2, 3, 3}, std::vector<float>(72, 0.5F));
  graph.constants["b"] = make_tensor({4}, {1, 2, 3, 4});
  graph.constants["v"] = make_tensor({4}, {1, 1, 2, 1});
  graph.constants["g"] = make_tensor({5, 2}, std::vector<float>(10, 2.0F));
  using Kind = op::Activation::Kind;
  std::string last = "x";
  const auto add = [&](Op op, std::vector<std::string> more = {}) {
    more.insert(more.begin(), last);
    graph.nodes.push_back({std::move(op), std::move(more), "n" + std::to_string(graph.nodes.size())});
    last = graph.nodes.back().output;
  };
  add(op::Conv{{1, 1}, {1, 1}, {1, 1, 1, 1}, 2}, {"w", "b"});
  add(op::BatchNorm{}, {"b", "b", "b", "v"});
  for (const auto kind : {Kind::relu, Kind::leaky_relu, Kind::elu, Kind::sigmoid, Kind::tanh}) {
    const bool sloped = kind == Kind::leaky_relu || kind == Kind::elu;
    add(op::Activation{kind, sloped ? 0.5F : 0.0F, 0});
  }
  add(op::Activation{Kind::clip, 0, 6});
  add(op::Activation{Kind::hard_sigmoid, 0.25F, 0.5F});
  add(op::Activation{Kind::hard_swish, 0.125F, 0.5F});
  add(op::Activation{Kind::swish, 1, 0});
  add(op::Pool{op::Pool::Kind::max, {3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, false, true});
  add(op::Pool{op::Pool::Kind::average, {2, 2}, {1, 1}, {1, 1}, {1, 1, 1, 1}, true, false});
  add(op::Lrn{});
  add(op::Pad{{1, 0, 0, 1}, 2});
  add(op::Slice{1, 0, 4, 2});
  add(op::Concat{1}, {last});
  add(op::Slice{1, 1, 3, 1});
  add(op::Binary{op::Binary::Kind::div}, {last});
  add(op::Transpose{{0, 1, 3, 2}});
  add(op::ReduceMean{{3}, true});
  add(op::GlobalPool{});
  add(op::Reshape{{2}});
  add(op::Gemm{}, {"g"});
  add(op::Softmax{1});
  graph.outputs = {last};
  infer_shapes(graph);

  const std::string bytes = to_onnx(graph);
  const Graph again = parse_onnx(bytes, "again");
  EXPECT_EQ(fingerprint(again), fingerprint(graph));
  EXPECT_EQ(again.metadata, graph.metadata);
  EXPECT_EQ(again.shape(last), graph.shape(last));
  onnx::ModelProto proto;
  ASSERT_TRUE(proto.ParseFromString(bytes));
  EXPECT_NO_THROW(onnx::checker::check_model(proto));
}

TEST(OnnxTest, NamesNewValuesUnlikeThoseThatFollow) {
  OnnxModel model;
  for (const char* name : {"a", "b", "c"}) model.input(name, {1, 4});
  model.node("Sum", {"a", "b", "c"}, "y");
  model.node("Relu", {"y"}, "y_sum1");
  model.output("y_sum1");
  const Graph graph = model.read();
  EXPECT_EQ(graph.outputs, std::vector<std::string>{"y_sum1"});
  EXPECT_EQ(graph.nodes.size(), 3U);
}

TEST(OnnxTest, RefusesOutputsThatNoInputChanges) {
  OnnxModel model;
  model.input("x", {1, 4}).floats("w", {1, 4});
  model.node("Relu", {"x"}, "z");
  model.node("Relu", {"w"}, "y");
  model.output("y");
  EXPECT_ERROR(untrusted, (void)model.read(), "output 'y' is the same for all inputs");
}

// Some operations are written with values of their own, whose names a network may have taken.
TEST(OnnxTest, WritesValuesBesideThoseOfTheNetwork) {
  Graph graph;
  graph.name = "taken";
  graph.inputs = {"y_gate_"};
  graph.shapes["y_gate_"] = {1, 4, 3, 3};
  graph.constants["z_low"] = make_tensor({1, 4, 1, 1}, {1, 2, 3, 4});
  using Kind = op::Activation::Kind;
  graph.nodes.push_back({op::Binary{op::Binary::Kind::add}, {"y_gate_", "z_low"}, "y_gate"});
  graph.nodes.push_back({op::Activation{Kind::swish, 1, 0}, {"y_gate"}, "y"});
  graph.nodes.push_back({op::Activation{Kind::clip, 0, 6}, {"y"}, "z"});
  graph.outputs = {"z"};
  infer_shapes(graph);
  EXPECT_EQ(fingerprint(parse_onnx(to_onnx(graph), "again")), fingerprint(graph));
}

TEST(OnnxTest, FingerprintSeesWeightsAndAttributesButNotNames) {
  Graph graph = conv_model().read();
  const std::string before = fingerprint(graph);
  OnnxModel renamed;
  renamed.input("image", {0, 3, 8, 8}).floats("kernel", {4, 3, 3, 3}).output("out");
  renamed.node("Conv", {"image", "kernel"}, "out");
  EXPECT_EQ(fingerprint(renamed.read()), before);
  std::get<op::Conv>(graph.nodes[0].op).strides = {2, 1};
  EXPECT_NE(fingerprint(graph), before);
  graph = conv_model().read();
  graph.constants["w"] = make_tensor({4, 3, 3, 3}, std::vector<float>(108, 1.001F));
  EXPECT_NE(fingerprint(graph), before);
}

class PublicBaseTest : public testing::TestWithParam<const char*> {};

TEST_P(PublicBaseTest, ReadsFoldsAndSurvivesWriting) {
  const auto path = shared_data(std::string("bases/") + GetParam());
  if (!path) GTEST_SKIP() << "no shared data";
  Graph graph = read_onnx(*path);
  fold(graph);
  for (const Node& node : graph.nodes) EXPECT_NE(op_name(node.op), "batch_norm");
  const auto branchpoints = find_branchpoints(graph, find_features(graph));
  EXPECT_GE(branchpoints.size(), 10U);
  EXPECT_DOUBLE_EQ(branchpoints.back().fraction, 1);
  const Graph again = parse_onnx(to_onnx(graph), "again");
  EXPECT_EQ(fingerprint(again), fingerprint(graph));
  EXPECT_EQ(again.nodes.size(), graph.nodes.size());
}

INSTANTIATE_TEST_SUITE_P(All, PublicBaseTest,
                         testing::Values("mobilenet_v1_0.5_160.onnx", "mobilenet_v1_1.0_224.onnx",
                                         "mobilenet_v2_1.0_224.onnx", "inception_v3_299.onnx"));

}  // namespace
}  // namespace mainstream
