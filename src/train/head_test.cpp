#include "train/head.hpp"

#include "core/testing.hpp"
#include "train/branchpoint_choice.hpp"
#include "train/test_base.hpp"

namespace mainstream {
namespace {

TEST(Head, EndsEveryTailInLogits) {
  const Base base = small_base();
  for (const Branchpoint& branchpoint : base.branchpoints) {
    for (const HeadKind kind : {HeadKind::average, HeadKind::spatial}) {
      const Graph tail = new_tail(base, branchpoint, kind, 3, 1);
      EXPECT_EQ(tail.inputs, (std::vector<std::string>{branchpoint.tensor}));
      EXPECT_EQ(tail.shape(tail.outputs.front()), (Shape{1, 3}));
      EXPECT_EQ(join(base.graph, tail).shape(tail.outputs.front()), (Shape{1, 3}));
      EXPECT_EQ(fingerprint(tail), fingerprint(new_tail(base, branchpoint, kind, 3, 1)));
      EXPECT_NE(fingerprint(tail), fingerprint(new_tail(base, branchpoint, kind, 3, 2)));
    }
  }
}

TEST(BranchpointChoice, SpreadsOverTheMultiplyAdds) {
  Base base = small_base();
  base.branchpoints = {{"in", 0, 0},  {"a", 2, 0.3}, {"b", 4, 0.31},
                       {"c", 6, 0.5}, {"d", 8, 0.9}, {"e", 10, 1}};
  const auto names = [&](const TrainOptions& options) {
    std::vector<std::string> tensors;
    for (const Branchpoint& point : choose_branchpoints(base, options, 6)) tensors.push_back(point.tensor);
    return tensors;
  };
  TrainOptions options;
  options.branchpoint_count = 3;
  options.least_frozen = 0.3;
  EXPECT_EQ(names(options), (std::vector<std::string>{"e", "c", "a"}));
  options.branchpoint_count = 20;
  options.least_frozen = 0;
  EXPECT_EQ(names(options), (std::vector<std::string>{"e", "d", "c", "b", "a", "in"}));
  options.branchpoint_count = 1;
  EXPECT_EQ(names(options), (std::vector<std::string>{"e"}));
  options.branchpoints = {"a", "e", "a"};
  EXPECT_EQ(names(options), (std::vector<std::string>{"e", "a"}));
  options.branchpoints = {"z"};
  EXPECT_ERROR(usage, choose_branchpoints(base, options, 6), "it has in a b c d e");
}

}  // namespace
}  // namespace mainstream
