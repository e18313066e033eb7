#include "mainstream/base.hpp"
#include "graph/passes.hpp"

#include "core/file.hpp"
#include "core/testing.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

std::vector<std::string> tensors(const Base& base) {
  std::vector<std::string> names;
  for (const Branchpoint& point : base.branchpoints) names.push_back(point.tensor);
  return names;
}

void expect_same(const Base& a, const Base& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.input, b.input);
  EXPECT_EQ(a.features, b.features);
  EXPECT_EQ(tensors(a), tensors(b));
  for (std::size_t i = 0; i < a.branchpoints.size() && i < b.branchpoints.size(); ++i) {
    EXPECT_EQ(a.branchpoints[i].layers, b.branchpoints[i].layers);
    EXPECT_EQ(a.branchpoints[i].fraction, b.branchpoints[i].fraction);
  }
}

Base with_features(const std::string& tensor) {
  PrepareOptions options;
  options.features = tensor;
  return prepare_base(tiny_network(), options);
}

// Expects this error when the tiny base is read with this metadata entry changed.
void expect_refused(const std::string& key, const std::string& value, const std::string& message) {
  const TestFolder folder;
  write_base(tiny_base(), folder / "base.onnx");
  Graph graph = read_onnx(folder / "base.onnx");
  graph.metadata[key] = value;
  write_file(folder / "changed.onnx", to_onnx(graph));
  EXPECT_ERROR(untrusted, read_base(folder / "changed.onnx"), message);
}

TEST(BaseTest, KeepsWhatCalibrationFound) {
  const TestFolder folder;
  Base base = tiny_base();
  base.ranges = {{"a", {0, 6}}, {"b", {-1.5F, 2}}};
  base.agreement[NumberType::int8] = {.top1 = 0.97, .mean_cosine = 0.99, .lowest_cosine = 0.9, .inputs = 100};
  write_base(base, folder / "base.onnx");
  const Base again = read_base(folder / "base.onnx");
  EXPECT_EQ(again.id, base.id);
  EXPECT_EQ(again.ranges, base.ranges);
  EXPECT_EQ(again.agreement.at(NumberType::int8).top1, 0.97);
  EXPECT_EQ(again.agreement.at(NumberType::int8).inputs, 100U);
  expect_refused("mainstream.ranges", R"([{"tensor":"z","low":0,"high":1}])", "has no tensor \"z\"");
  expect_refused("mainstream.ranges", R"([{"tensor":"a","low":1,"high":2}])", "low");
  expect_refused("mainstream.ranges", R"([{"tensor":"a","low":0}])", "high");
  expect_refused("mainstream.ranges", "what", "mainstream.ranges");
  expect_refused("mainstream.agreement",
                 R"([{"precision":"f8","top1":1,"mean_cosine":1,"lowest_cosine":1,"pictures":1}])",
                 "expected f32, bf16 or int8");
}

TEST(BaseTest, PreparesANetwork) {
  const Base base = tiny_base();
  EXPECT_EQ(base.name, "tiny");
  EXPECT_EQ(base.features, "b");
  EXPECT_EQ(tensors(base), (std::vector<std::string>{"picture", "a", "b"}));
  EXPECT_EQ(base.layers(), 5);
  EXPECT_EQ(base.input.width, 16);
  EXPECT_EQ(base.input.height, 16);
  EXPECT_EQ(base.branchpoint("a").layers, 2);
  EXPECT_EQ(base.find_branchpoint("sum"), nullptr);
  EXPECT_ERROR(untrusted, base.branchpoint("sum"),
               "has no branchpoint \"sum\"; expected one of: \"picture\" \"a\" \"b\"");
}

TEST(BaseTest, TheFeaturesCanBeNamed) {
  EXPECT_EQ(tensors(with_features("a")), (std::vector<std::string>{"picture", "a"}));
  EXPECT_ERROR(usage, with_features("z"), "no tensor \"z\" for the features");
  EXPECT_ERROR(usage, with_features("flat"), "features \"flat\" are 1x4");
}

TEST(BaseTest, RefusesNetworksWithoutAPictureAsInput) {
  Graph grey = tiny_network();
  grey.shapes["picture"] = {1, 1, 16, 16};
  grey.constants["w1"] = tiny_weights({4, 1, 3, 3}, 0.3F);
  infer_shapes(grey);
  EXPECT_ERROR(unsupported, prepare_base(grey, {}), "got \"picture\" 1x1x16x16");
}

TEST(BaseTest, GivesBackWhatWasWritten) {
  const TestFolder folder;
  PrepareOptions options;
  options.input.mean = {123.675F, 116.28F, 103.53F};
  options.input.scale = {1 / 58.395F, 1 / 57.12F, 1 / 57.375F};
  options.input.channels = InputSpec::Channels::bgr;
  options.input.resize = InputSpec::Resize::letterbox;
  options.name = "other";
  const Base base = prepare_base(tiny_network(), options);
  write_base(base, folder / "base.onnx");
  expect_same(read_base(folder / "base.onnx"), base);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"base.onnx"});
}

TEST(BaseTest, KeepsThePathOfTheModelToItself) {
  const TestFolder folder;
  write_file(folder / "model.onnx", to_onnx(tiny_network()));
  const Base base = prepare_base(read_onnx(folder / "model.onnx"), {});
  EXPECT_EQ(base.name, "model");
  write_base(base, folder / "base.onnx");
  EXPECT_EQ(read_file(folder / "base.onnx").find(folder.path().string()), std::string::npos);
}

TEST(BaseTest, TheIdChangesWithAnyWeight) {
  Graph graph = tiny_network();
  std::vector<float> data = *graph.constants["w2"].data;
  data.back() += 1e-6F;
  graph.constants["w2"] = make_tensor(graph.constants["w2"].shape, data);
  EXPECT_NE(prepare_base(graph, {}).id, tiny_base().id);
}

TEST(BaseTest, RefusesWhatWasNotPrepared) {
  const TestFolder folder;
  write_file(folder / "plain.onnx", to_onnx(tiny_network()));
  EXPECT_ERROR(untrusted, read_base(folder / "plain.onnx"), "plain.onnx: not a prepared base");
  EXPECT_ERROR(untrusted, read_base(folder / "plain.onnx"), "mainstream base prepare");
}

TEST(BaseTest, RefusesMetadataThatDoesNotFitTheNetwork) {
  expect_refused("mainstream.format", "2", "mainstream.format: expected \"1\", got \"2\"");
  expect_refused("mainstream.input", "{", "mainstream.input: not JSON");
  expect_refused("mainstream.input",
                 R"({"width":8,"height":16,"channels":"rgb","mean":[0,0,0],"scale":[1,1,1],"resize":"crop"})",
                 "one input, got 1x3x16x8");
  expect_refused("mainstream.features", "nowhere", "mainstream.features is \"nowhere\"");
  expect_refused("mainstream.features", "flat", "mainstream.features is \"flat\"");
  expect_refused("mainstream.features", "a", "mainstream.branchpoints does not fit the network");
  expect_refused("mainstream.branchpoints", "[]", "mainstream.branchpoints does not fit the network");
  expect_refused("mainstream.branchpoints", R"([{"tensor":"picture","layers":-1,"fraction":0}])",
                 "[0].layers");
  expect_refused("mainstream.id", std::string(64, '0'), "the file was changed");
}

TEST(BaseTest, AFullDiskLeavesNothingBehind) {
  const TestFolder folder;
  const Base base = tiny_base();
  const FullDisk disk(500);
  EXPECT_ERROR(storage, write_base(base, folder / "base.onnx"), "base.onnx: cannot write: File too large");
  EXPECT_TRUE(folder.names().empty());
}

TEST(BaseTest, MetadataOfOthersStays) {
  const TestFolder folder;
  Graph graph = tiny_network();
  graph.metadata["license"] = "Apache-2.0";
  write_base(prepare_base(graph, {}), folder / "base.onnx");
  EXPECT_EQ(read_base(folder / "base.onnx").graph.metadata.at("license"), "Apache-2.0");
}

// A public model must survive preparing, writing, reading, and preparing again.
void expect_prepares(const std::string& file, const std::string& features_shape,
                     std::size_t least_branchpoints) {
  const auto path = shared_data("bases/" + file);
  if (!path) GTEST_SKIP() << "no shared data: bases/" << file;
  const TestFolder folder;
  const Base base = prepare_base(read_onnx(*path), {});
  EXPECT_EQ(to_string(base.graph.shape(base.features)), features_shape);
  EXPECT_GE(base.branchpoints.size(), least_branchpoints);
  EXPECT_EQ(base.branchpoints.front().fraction, 0);
  EXPECT_EQ(base.branchpoints.back().tensor, base.features);
  EXPECT_EQ(base.branchpoints.back().fraction, 1);
  write_base(base, folder / "base.onnx");
  expect_same(read_base(folder / "base.onnx"), base);
  EXPECT_EQ(prepare_base(read_onnx(folder / "base.onnx"), {}).id, base.id);
}

TEST(BaseTest, PreparesMobileNetV1) {
  expect_prepares("mobilenet_v1_1.0_224.onnx", "1x1024x7x7", 28);
}
TEST(BaseTest, PreparesSmallMobileNetV1) {
  expect_prepares("mobilenet_v1_0.5_160.onnx", "1x512x5x5", 28);
}
TEST(BaseTest, PreparesMobileNetV2) {
  expect_prepares("mobilenet_v2_1.0_224.onnx", "1x1280x7x7", 18);
}
TEST(BaseTest, PreparesInceptionV3) {
  expect_prepares("inception_v3_299.onnx", "1x2048x8x8", 16);
}

}  // namespace
}  // namespace mainstream
