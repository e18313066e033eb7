// The numbers of the worked example in docs/scheduling.md, "How the search works".
#include <gtest/gtest.h>

#include "mainstream/problem_json.hpp"
#include "schedule/search/relaxation.hpp"

namespace mainstream {
namespace {

constexpr double kPrice = 0.06;
constexpr double kExact = 1e-12;

class WorkedExample : public testing::Test {
 protected:
  // By app: the share of the cost of one frame more per second in one segment.
  void set_shares(CostShares& shares, int level, int rate, double gate, double lift) const {
    const std::size_t row = stem().table().row(level, 0, rate);
    shares[row] = gate / kPrice;
    shares[row + 1] = lift / kPrice;
  }

  [[nodiscard]] const PricedStem& stem() const { return at_->stem(0); }

  [[nodiscard]] static StemShape shape(int first, int second) { return {{0, first, second}, {0, 0, 0}}; }

  // The most that a node of the search is worth that fixes the rate of layer 1 and runs layer 2 at `rate` at
  // most.
  [[nodiscard]] double bound_of_node(const StemBound& bound, int rate) const {
    double worth = -kPrice * stem().table().segment_cost(1, 0, rate);
    for (const std::size_t app : {0, 1}) {
      worth += std::max(stem().at(1, 0, rate)[app], bound.deeper(2, 0, rate)[app]);
    }
    return worth;
  }

  const Problem problem_ = read_problem(MAINSTREAM_SOURCE_DIR "/src/schedule/testdata/worked-example.json");
  const Instance instance_ = make_instance(problem_, expand(problem_, {}));
  const Relaxation relaxation_{instance_, {}};
  const std::shared_ptr<const PricedRelaxation> at_ =
      std::make_shared<const PricedRelaxation>(relaxation_, kPrice);
};

TEST_F(WorkedExample, WorthOfTheFiveShapes) {
  const auto expect = [&](int first, int second, double value, double cost, double worth) {
    SCOPED_TRACE(testing::Message() << "shape (" << first << ", " << second << ")");
    EXPECT_NEAR(stem().worth(shape(first, second)), worth, kExact);
    const PricedRelaxation free(relaxation_, 0);
    EXPECT_NEAR(free.stem(0).worth(shape(first, second)), value, kExact);
    EXPECT_NEAR(free.schedule_with({shape(first, second)}).cost, cost, kExact);
  };
  expect(1, 0, 1.10, 5, 0.80);
  expect(1, 1, 1.35, 7, 0.93);
  expect(2, 0, 1.40, 10, 0.80);
  expect(2, 1, 1.50, 11, 0.84);
  expect(2, 2, 1.77, 14, 0.93);
}

TEST_F(WorkedExample, PriceOfTheBudget) {
  const PricedSchedule cheapest = CheapestSearch(instance_, -1).improve({});
  EXPECT_NEAR(cheapest.cost, 5, kExact);
  const double first = (1.77 - 1.10) / (14 - 5);
  EXPECT_NEAR(PricedRelaxation(relaxation_, first).improve({}).worth(first), 0.829, 5e-4);
  const BudgetPrice price = find_price(relaxation_, cheapest, problem_.budget, 0, cheapest.shapes);
  EXPECT_NEAR(price.at->price(), kPrice, kExact);
  EXPECT_NEAR(price.under.value, 1.35, kExact);
  ASSERT_TRUE(price.over);
  EXPECT_NEAR(price.over->value, 1.77, kExact);
}

TEST_F(WorkedExample, BoundsOfEqualAndOfBetterShares) {
  const StemBound equal(stem(), {});
  EXPECT_NEAR(equal.bound(), 0.99, kExact);
  EXPECT_NEAR(bound_of_node(equal, 1), 0.94, kExact);
  EXPECT_NEAR(bound_of_node(equal, 2), 0.98, kExact);
  CostShares shares = equal.shares();
  set_shares(shares, 1, 2, 0.04, 0.14);
  set_shares(shares, 2, 1, 0.08, 0.04);
  set_shares(shares, 2, 2, 0.10, 0.02);
  EXPECT_NEAR(StemBound(stem(), shares).bound(), 0.93, kExact);
}

TEST_F(WorkedExample, BranchAndBoundVisitsAllFiveShapesUnderEqualShares) {
  SearchLimit limit{1000, nullptr};
  std::size_t shapes = 0;
  search_shapes(stem(), StemBound(stem(), {}), ShapesWanted::all, 0.63, limit, [&](const StemShape&, double) {
    ++shapes;
    return 0.63;
  });
  EXPECT_EQ(shapes, 5U);
  const RelaxationProof proof = prove(at_, at_->improve({}), kProofGap, {}, limit);
  EXPECT_NEAR(proof.upper, 0.93, 2 * kProofGap);
}

TEST_F(WorkedExample, TheOptimumIsProven) {
  SolveOptions options;
  options.algorithm = Algorithm::fast;
  EXPECT_NEAR(*solve(problem_, options).bound, 0.825, 1e-10);
  options.algorithm = Algorithm::optimal;
  const Schedule schedule = solve(problem_, options);
  EXPECT_TRUE(schedule.proven);
  EXPECT_NEAR(schedule.mean_f1, 0.75, kExact);
  EXPECT_NEAR(schedule.cost, 11, kExact);
  EXPECT_EQ(schedule.apps[0].choice.candidate, "exit-2");
  EXPECT_EQ(schedule.apps[0].choice.fps, 1);
  EXPECT_EQ(schedule.apps[1].choice.candidate, "exit-1");
  EXPECT_EQ(schedule.apps[1].choice.fps, 2);
}

}  // namespace
}  // namespace mainstream
