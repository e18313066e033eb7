#include "train/branchpoint_choice.hpp"

#include "core/testing.hpp"
#include "train/test_base.hpp"

namespace mainstream {
namespace {

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
  EXPECT_ERROR(usage, choose_branchpoints(base, options, 6), "expected one of: in a b c d e");
}

// By themselves at the exits' branchpoints, without the features; or as asked for.
TEST(BranchpointChoice, TailsBeginWhereExitsAre) {
  Base base = small_base();
  base.features = "e";
  base.branchpoints = {{"in", 0, 0},  {"a", 2, 0.25}, {"b", 4, 0.48},
                       {"c", 6, 0.5}, {"d", 8, 0.9},  {"e", 10, 1}};
  const std::vector<Branchpoint> exits{base.branchpoints[1], base.branchpoints[2], base.branchpoints[4],
                                       base.branchpoints[5]};
  const auto names = [&](const TrainOptions& options) {
    std::vector<std::string> tensors;
    for (const Branchpoint& point : choose_tail_branchpoints(base, options, exits))
      tensors.push_back(point.tensor);
    return tensors;
  };
  TrainOptions options;
  EXPECT_EQ(names(options), (std::vector<std::string>{"d", "b", "a"}));
  options.branchpoints = {"in", "c", "e"};
  EXPECT_EQ(names(options), (std::vector<std::string>{"c", "in"}));
}

}  // namespace
}  // namespace mainstream
