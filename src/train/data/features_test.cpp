#include "train/data/features.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <numeric>

#include "core/testing.hpp"
#include "train/test_base.hpp"
#include "train/torch/graph_module.hpp"

namespace mainstream {
namespace {

const std::function<void()> kSilent = [] {};

TEST(RowStore, KeepsRowsInMemoryAndInAFileThatIsGoneAtOnce) {
  const TestFolder folder;
  for (const std::size_t memory : {std::size_t{1} << 20, std::size_t{0}}) {
    RowStore store(100, 5000, memory, folder.path());
    for (std::size_t row = 0; row < 100; ++row) store.row(row)[4999] = static_cast<std::byte>(row);
    for (std::size_t row = 0; row < 100; ++row) EXPECT_EQ(store.row(row)[4999], static_cast<std::byte>(row));
    EXPECT_TRUE(folder.names().empty());
  }
}

TEST(RowStore, TellsWhenThereIsNoRoom) {
  const TestFolder folder;
  EXPECT_ERROR(storage, RowStore(1U << 30, 1U << 30, 0, folder.path()), folder.path().string());
}

TEST(InputStore, GivesBackWhatMediaScaled) {
  const TestFolder folder;
  InputSpec spec{.width = 4, .height = 2};
  spec.mean = {123.675F, 116.28F, 103.53F};
  spec.scale = {1 / 58.395F, 1 / 57.12F, 1 / 57.375F};
  InputStore store(spec, 3, 1 << 20, folder.path());
  EXPECT_EQ(store.shape(), (Shape{1, 3, 2, 4}));
  std::vector<float> input(24), read(24);
  for (std::size_t i = 0; i < 24; ++i) {
    input[i] = (static_cast<float>(i * 11 % 256) - spec.mean[i / 8]) * spec.scale[i / 8];
  }
  store.write(1, input);
  store.read(1, read);
  EXPECT_EQ(read, input);
}

// The engine's stem, kept as 16-bit floats, against libtorch walking the same graph.
TEST(Features, AreTheStemsOutputs) {
  const TestFolder folder;
  const Base base = small_base();
  InputStore inputs(base.input, 3, 1 << 20, folder.path());
  std::vector<float> input(static_cast<std::size_t>(element_count(inputs.shape())));
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = std::sin(static_cast<float>(i * (row + 1)));
    inputs.write(row, input);
  }
  for (const std::size_t memory : {std::size_t{1} << 20, std::size_t{0}}) {
    for (const Branchpoint& branchpoint : base.branchpoints) {
      SCOPED_TRACE(branchpoint.tensor);
      const auto features = features_at(base, branchpoint, inputs, {memory, folder.path(), 2}, {}, kSilent);
      ASSERT_EQ(features->shape(), base.graph.shape(branchpoint.tensor));
      ASSERT_EQ(features->rows(), 3U);
      std::vector<float> values(static_cast<std::size_t>(element_count(features->shape())));
      features->read(2, values);
      inputs.read(2, input);
      const at::Tensor x = to_torch(make_tensor(inputs.shape(), input));
      const Tensor expected = from_torch(
          GraphModule(base.graph).forward(std::span(&x, 1), std::span(&branchpoint.tensor, 1)).front());
      for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_NEAR(values[i], (*expected.data)[i], 2e-3 * std::abs((*expected.data)[i]) + 1e-3) << i;
      }
    }
  }
}

TEST(Features, StopWhenAsked) {
  const TestFolder folder;
  const Base base = small_base();
  const InputStore inputs(base.input, 3, 1 << 20, folder.path());
  std::stop_source stop;
  int done = 0;
  const auto stop_after_two = [&] {
    if (++done == 2) stop.request_stop();
  };
  EXPECT_ERROR(failed,
               features_at(base, base.branchpoints.back(), inputs, {1 << 20, folder.path(), 1},
                           stop.get_token(), stop_after_two),
               "stopped");
}

}  // namespace
}  // namespace mainstream
