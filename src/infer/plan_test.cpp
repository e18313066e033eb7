// Tests that no plan overwrites tensors that are still needed, or takes more memory than the machine has.
#include "core/testing.hpp"
#include "infer/agreement.hpp"

namespace mainstream {
namespace {

// Slices, reshapes and concatenations view the memory of other tensors; activations would overwrite it.
TEST(Plan, NothingOverwritesWhatIsSeenInTwoWays) {
  GraphMaker m(1);
  const std::string x = m.input({1, 32, 4, 4});
  const std::string y = m.conv(x, 32, 1);
  const std::string front = m.node(op::Slice{1, 0, 16, 1}, {y});
  const std::string again = m.node(op::Slice{1, 0, 16, 1}, {y});
  const std::string flat = m.node(op::Reshape{{32 * 16}}, {y});
  const std::string changed = m.relu(front);
  const std::string twice = m.node(op::Concat{}, {changed, again, changed});
  const std::string whole = m.relu(twice);
  m.graph.outputs = {m.relu(flat), whole, m.add(twice, twice), m.relu(x), changed, x};
  expect_agreement(Engine({.threads = 1}), m);
}

TEST(Plan, RefusesToTakeMoreMemoryThanTheMachineHas) {
  GraphMaker m(1);
  const std::string x = m.input({1, 1, 1 << 15, 1 << 15});
  for (int i = 0; i < 300; ++i)  // 4 GiB each, all needed at the end
    m.graph.outputs.push_back(m.node(op::Activation{op::Activation::Kind::sigmoid}, {x}));
  EXPECT_ERROR(unsupported, Network(Engine({.threads = 1}), m.graph),
               "test-1: node 't0' (sigmoid): the activations need");
}

TEST(Plan, NamesTheNodeThatCannotBeRun) {
  const Engine engine({.threads = 1});
  GraphMaker even(1);
  even.graph.outputs = {even.node(op::Lrn{.size = 4}, {even.input({1, 8, 4, 4})})};
  EXPECT_ERROR(unsupported, Network(engine, even.graph),
               "test-1: node 't0' (lrn): expected a window of an odd number");

  GraphMaker nobody(2);
  nobody.graph.outputs = {nobody.relu(nobody.input({1, 8}))};
  nobody.graph.nodes.front().inputs = {"nobody"};
  EXPECT_ERROR(untrusted, Network(engine, nobody.graph), "test-2: node 't0' (relu): 'nobody' is read before");
}

}  // namespace
}  // namespace mainstream
