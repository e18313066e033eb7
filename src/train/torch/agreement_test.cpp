// Two implementations of the same networks: the engine (oneDNN) and libtorch walking the graph.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "core/testing.hpp"
#include "graph/passes.hpp"
#include "mainstream/engine.hpp"
#include "mainstream/media.hpp"
#include "train/torch/graph_module.hpp"

namespace mainstream {
namespace {

// The largest difference, relative to the largest value.
double difference(std::span<const float> a, std::span<const float> b) {
  double largest = 0, apart = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(a[i])));
    apart = std::max(apart, static_cast<double>(std::abs(a[i] - b[i])));
  }
  return apart / largest;
}

// $MAINSTREAM_AGREEMENT_PICTURES pictures, spread over all classes.
std::vector<std::filesystem::path> some_pictures(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> all, some;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".jpg") all.push_back(entry.path());
  }
  std::ranges::sort(all);
  const char* wanted = std::getenv("MAINSTREAM_AGREEMENT_PICTURES");
  const std::size_t count = std::min(all.size(), wanted != nullptr ? std::stoul(wanted) : 10);
  for (std::size_t i = 0; i < count; ++i) some.push_back(all[i * all.size() / count]);
  return some;
}

class AgreementTest : public testing::TestWithParam<std::string> {};

TEST_P(AgreementTest, OnRealPictures) {
  const auto model = shared_data("bases/" + GetParam());
  const auto archive = shared_data("images/imagenet1000.tar");
  if (!model || !archive) GTEST_SKIP() << "no shared data";
  const TestFolder folder;
  const std::string unpack = "tar -xf '" + archive->string() + "' -C '" + folder.path().string() + "'";
  ASSERT_EQ(std::system(unpack.c_str()), 0);

  Graph graph = read_onnx(*model);
  fold(graph);
  const std::string features = find_features(graph);
  graph.outputs.push_back(features);
  const Shape shape = graph.shape(graph.inputs.front());
  const InputSpec spec{.width = shape[3], .height = shape[2]};
  InputScaler scaler(spec);
  Network network(Engine({.threads = 2}), graph);
  const GraphModule module(graph);
  std::vector<float> input(scaler.size());

  const auto pictures = some_pictures(folder.path());
  ASSERT_FALSE(pictures.empty());
  for (const auto& picture : pictures) {
    scaler.scale(read_picture(picture), input);
    const std::span<const float> inputs(input);
    const auto engine = network.run(std::span(&inputs, 1));
    const at::Tensor x = to_torch(make_tensor(shape, input));
    const at::NoGradGuard no_gradients;
    const auto torch = module.forward(std::span(&x, 1), graph.outputs);
    for (std::size_t i = 0; i < torch.size(); ++i) {
      const Tensor expected = from_torch(torch[i]);
      ASSERT_EQ(engine[i].size(), expected.data->size());
      EXPECT_LT(difference(*expected.data, engine[i]), 1e-3) << graph.outputs[i] << " of " << picture;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Bases, AgreementTest,
                         testing::Values("mobilenet_v1_0.5_160.onnx", "mobilenet_v1_1.0_224.onnx",
                                         "mobilenet_v2_1.0_224.onnx", "inception_v3_299.onnx"),
                         [](const auto& base) {
                           return base.param.substr(0, base.param.find('.')) + std::to_string(base.index);
                         });

}  // namespace
}  // namespace mainstream
