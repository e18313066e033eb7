#include "cli_testing.hpp"
#include "core/json.hpp"
#include "infer/random_graph.hpp"
#include "infer/reference.hpp"
#include "mainstream/media.hpp"
#include "mainstream/tensor_file.hpp"
#include "media/pixels.hpp"

namespace mainstream {
namespace {

// A classifier of pictures with five classes, as a file.
GraphMaker small_classifier() {
  GraphMaker m(1);
  const std::string x = m.input({1, 3, 16, 20});
  const std::string y = m.relu(m.conv(x, 8, 3, {.strides = {2, 2}, .pads = {1, 1, 1, 1}}));
  const std::string flat = m.node(op::Reshape{{8}}, {m.node(op::GlobalPool{}, {y})});
  m.graph.outputs = {m.node(op::Gemm{}, {flat, m.constant({5, 8}), m.constant({5})})};
  return m;
}

class InferTest : public testing::Test {
 protected:
  InferTest() { write_file(model_, to_onnx(maker_.graph)); }

  [[nodiscard]] std::vector<float> expected(const std::vector<float>& input) const {
    const Graph& graph = maker_.graph;
    return run_reference(graph, {{graph.inputs.front(), input}}).at(graph.outputs.front());
  }
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }

  TestFolder folder_;
  const std::filesystem::path model_ = folder_ / "model.onnx";
  GraphMaker maker_ = small_classifier();
};

TEST_F(InferTest, RunsOnATensorOfSeveralPictures) {
  const auto first = maker_.values(maker_.graph.inputs.front());
  const auto second = maker_.values(maker_.graph.inputs.front());
  auto both = first;
  both.insert(both.end(), second.begin(), second.end());
  write_npy(at("in.npy"), make_tensor({2, 3, 16, 20}, both));
  const CliResult result = run_cli("infer " + model_.string() + " " + at("in.npy") + " -o " + at("out.npy"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Tensor output = read_npy(at("out.npy"));
  EXPECT_EQ(output.shape, (Shape{2, 5}));
  auto wanted = expected(first);
  const auto more = expected(second);
  wanted.insert(wanted.end(), more.begin(), more.end());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR((*output.data)[i], wanted[i], 1e-4) << i;
}

TEST_F(InferTest, RunsOnPicturesAndNamesTheBest) {
  const std::vector<std::uint8_t> grey(16 * 20 * 3, 255);
  const auto jpeg = encode_jpeg(picture_from_rgb(20, 16, grey));
  write_file(at("white.jpg"), {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
  const CliResult result = run_cli("infer " + model_.string() + " " + at("white.jpg") + " " +
                                   at("white.jpg") + " --json --top 1 --mean 0 --scale 1/255");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = parse_json(result.out, "answer");
  const auto wanted = expected(std::vector<float>(3 * 16 * 20, 1));
  const auto best = std::max_element(wanted.begin(), wanted.end());
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[1]["input"], at("white.jpg"));
  EXPECT_EQ(json[1]["top"][0]["index"], best - wanted.begin());
  EXPECT_NEAR(json[1]["top"][0]["value"].get<double>(), *best, 1e-3);
}

TEST_F(InferTest, RefusesWhatDoesNotFit) {
  write_npy(at("small.npy"), make_tensor({1, 3, 2, 2}, std::vector<float>(12)));
  const std::string model = model_.string();
  CliResult result = run_cli("infer " + model + " " + at("small.npy"));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, testing::HasSubstr("got 1x3x2x2"));
  result = run_cli("infer " + model + " " + at("small.npy") + " " + at("small.npy"));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, testing::HasSubstr("expected 1 inputs, got 2"));
  result = run_cli("infer " + model + " " + at("missing.jpg"));
  EXPECT_EQ(result.exit_code, 3);
  write_file(at("broken.onnx"), "not a model");
  result = run_cli("infer " + at("broken.onnx") + " " + at("small.npy"));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, testing::HasSubstr("broken.onnx"));
}

TEST_F(InferTest, BenchTellsTimeAndMemory) {
  const CliResult result = run_cli("bench " + model_.string() + " --threads 1 --seconds 0 --steps --json");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = parse_json(result.out, "answer");
  EXPECT_EQ(json["threads"], 1);
  EXPECT_GT(json["median_ms"].get<double>(), 0);
  EXPECT_GE(json["p90_ms"].get<double>(), json["median_ms"].get<double>());
  EXPECT_GT(json["gflops"].get<double>(), 0);
  EXPECT_GT(json["activation_bytes"].get<double>(), 0);
  EXPECT_FALSE(json["steps"].empty());
}

}  // namespace
}  // namespace mainstream
