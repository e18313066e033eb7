#include "infer/shared_network.hpp"
#include "graph/exit.hpp"
#include "graph/passes.hpp"

#include <gmock/gmock.h>

#include "core/testing.hpp"
#include "infer/agreement.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Advances by a millisecond at each reading.
class TickingClock : public Clock {
 public:
  [[nodiscard]] Time now() const override { return Time(std::chrono::milliseconds(++looks_)); }
  void sleep_until(Time) override {}

 private:
  mutable int looks_ = 0;
};

class SharedNetworkTest : public testing::Test {
 protected:
  SharedNetworkTest() { stem_ = std::make_shared<Stem>(engine_, base_, tensors_); }

  [[nodiscard]] Graph exit(std::size_t branchpoint) {
    const std::string& tensor = tensors_[branchpoint];
    ExitLevel level{tensor, base_.shape(tensor), {ExitPooling::Kind::average, {2, 2}}, {}};
    const Shape weights{2, element_count(pooled_shape(level))};
    level.weights = make_tensor(weights, maker_.values(element_count(weights)));
    return exit_graph(std::span(&level, 1), make_tensor({2}, maker_.values(2)));
  }
  [[nodiscard]] std::shared_ptr<Tail> tail(std::size_t branchpoint) const {
    return std::make_shared<Tail>(*stem_, tail_of(base_, tensors_[branchpoint]));
  }
  // Members in mixed order: 0 and 3 are exits of one structure, 4 is one at another rate.
  [[nodiscard]] std::vector<SharedNetwork::Member> members() {
    exits_ = {exit(2), exit(2), exit(2), exit(4)};
    return {ExitMember{exits_[0]}, tail(4), tail(1), ExitMember{exits_[1]}, ExitMember{exits_[2], {}, 1},
            ExitMember{exits_[3]}};
  }
  static std::vector<std::size_t> branchpoints(const SharedNetwork::Times& times) {
    std::vector<std::size_t> all;
    for (const auto& segment : times.segments) all.push_back(segment.branchpoint);
    return all;
  }
  static std::vector<std::size_t> ran(const SharedNetwork::Times& times) {
    std::vector<std::size_t> all;
    for (const auto& part : times.parts) all.push_back(part.member);
    return all;
  }

  const Engine engine_{{.threads = 1}};
  GraphMaker maker_ = small_network(8);
  const Graph base_ = maker_.graph;
  const std::vector<std::string> tensors_ = branchpoints_of(base_);
  const std::vector<float> input_ = maker_.values(base_.inputs.front());
  const std::map<std::string, std::vector<float>> expected_ =
      run_reference(base_, {{base_.inputs.front(), input_}});
  std::shared_ptr<Stem> stem_;
  std::vector<Graph> exits_;
  SharedNetwork::Times times_;
};

TEST_F(SharedNetworkTest, GivesEverybodysLogits) {
  SharedNetwork network(stem_, members());
  EXPECT_EQ(network.size(), 6U);
  EXPECT_EQ(network.parts(), 5U) << "two exits are one product";
  stem_->load(input_);
  network.run(std::vector<std::size_t>{0, 1, 2, 3, 4, 5});
  for (const std::size_t member : {1, 2})
    expect_close(network.logits(member), expected_.at(base_.outputs.front()), "tail");
  const std::vector<std::size_t> exits{0, 3, 4, 5};
  for (std::size_t i = 0; i < exits.size(); ++i) {
    const std::string& tensor = exits_[i].inputs.front();
    expect_close(network.logits(exits[i]),
                 run_reference(exits_[i], {{tensor, expected_.at(tensor)}}).at("logits"),
                 "exit " + std::to_string(i));
  }
}

TEST_F(SharedNetworkTest, RunsToTheDeepestThatIsDueAndNoFurther) {
  SharedNetwork network(stem_, members());
  const TickingClock clock;
  stem_->load(input_);
  network.run(std::vector<std::size_t>{3, 2}, clock, times_);
  EXPECT_THAT(branchpoints(times_), ElementsAre(1, 2));
  EXPECT_THAT(ran(times_), ElementsAre(2, 3));
  EXPECT_ERROR(usage, (void)stem_->read(3), "the stem has not run to");
  EXPECT_THAT(network.logits(1), IsEmpty()) << "was never due";

  network.run(std::vector<std::size_t>{}, clock, times_);
  EXPECT_THAT(times_.segments, IsEmpty());
  network.run(std::vector<std::size_t>{1}, clock, times_);
  EXPECT_THAT(branchpoints(times_), ElementsAre(4));
  EXPECT_ERROR(usage, network.run(std::vector<std::size_t>{6}), "expected a member below 6, got 6");
}

TEST_F(SharedNetworkTest, SharesAGroupsTimeAmongThoseDue) {
  SharedNetwork network(stem_, members());
  const TickingClock clock;
  stem_->load(input_);
  network.run(std::vector<std::size_t>{0, 3, 4, 1}, clock, times_);
  EXPECT_THAT(branchpoints(times_), ElementsAre(2, 4));
  ASSERT_THAT(ran(times_), ElementsAre(0, 3, 4, 1));
  for (const auto& segment : times_.segments) EXPECT_EQ(segment.ms, 1);
  EXPECT_EQ(times_.parts[0].ms, 0.5);
  EXPECT_EQ(times_.parts[1].ms, 0.5);
  EXPECT_EQ(times_.parts[2].ms, 1);
  EXPECT_EQ(times_.parts[3].ms, 1);
  network.run(std::vector<std::size_t>{3}, clock, times_);
  ASSERT_THAT(times_.parts, SizeIs(1));
  EXPECT_EQ(times_.parts[0].ms, 1) << "alone it bears all of it";
}

TEST_F(SharedNetworkTest, RunsAnExitThatCannotBeJoinedAlone) {
  Graph scores = exit(2);
  scores.nodes.push_back({op::Softmax{}, {"logits"}, "scores"});
  scores.outputs = {"scores"};
  infer_shapes(scores);
  SharedNetwork network(stem_, {ExitMember{scores}, ExitMember{scores}});
  EXPECT_EQ(network.parts(), 2U);
  stem_->load(input_);
  network.run(std::vector<std::size_t>{1});
  expect_close(network.logits(1),
               run_reference(scores, {{tensors_[2], expected_.at(tensors_[2])}}).at("scores"), "");
}

}  // namespace
}  // namespace mainstream
