#include "run/cost_estimate.hpp"

#include <cmath>

#include "run/feedback_testing.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

constexpr double kSeconds = 5;
const double kWeight = 1 - std::exp(-kSeconds / 10);  // of one window of so many seconds

class CostEstimateTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { files_ = new TestMix; }
  static void TearDownTestSuite() { delete files_; }

  // Times of one window in which every part ran 10 times, app by app as `own_ms` says.
  static PlanStatistics window(double scale_ms,
                               const std::map<std::pair<std::size_t, std::size_t>, double>& stem_ms,
                               const std::vector<double>& own_ms) {
    PlanStatistics window;
    window.first = at_seconds(100);
    window.last = at_seconds(100 + kSeconds);
    window.scale = {10 * scale_ms, 10};
    for (const auto& [way, ms] : stem_ms) window.stem[way] = {10 * ms, 10};
    for (const double ms : own_ms) window.own.push_back({10 * ms, 10});
    return window;
  }
  [[nodiscard]] static std::string id(std::size_t candidate) {
    return files_->manifests["a"].candidates[candidate].id;
  }
  [[nodiscard]] static double own(const CostEstimate& estimate, std::size_t app, std::size_t candidate) {
    return estimate.costs().own_ms[app].at({id(candidate), NumberType::f32});
  }
  // Places of the candidates' branchpoints, from the least frozen.
  [[nodiscard]] const std::vector<std::size_t>& places() const { return mix_.stems[0].branchpoints; }

  static TestMix* files_;
  const Mix mix_ = files_->mix(14);
  const Costs costs_ = large_network(mix_);
  // Everybody at the last branchpoint.
  const MixPlan plan_ = files_->plan({{0, 10}, {0, 10}, {0, 10}});
};

TestMix* CostEstimateTest::files_ = nullptr;

TEST_F(CostEstimateTest, TimesAsExpectedChangeNothing) {
  CostEstimate estimate(mix_, Mode::mainstream, costs_);
  estimate.observe(plan_, 0, window(1, {{{0, places()[2]}, 26}}, {1, 1, 1}));
  EXPECT_EQ(estimate.costs().stems[0].segment_ms, costs_.stems[0].segment_ms);
  EXPECT_EQ(estimate.costs().own_ms, costs_.own_ms);
}

TEST_F(CostEstimateTest, APartThatRanFollowsItsOwnTimeAndOthersTheMean) {
  CostEstimate estimate(mix_, Mode::mainstream, costs_);
  // Expected are 1 + 26 + 1 + 1 + 1 = 30 ms; app 0 takes 3 ms more, so 33 / 30 is the common factor.
  estimate.observe(plan_, 0, window(1, {{{0, places()[2]}, 26}}, {4, 1, 1}));
  EXPECT_NEAR(own(estimate, 0, 0), 1 + kWeight * 3, 1e-9);
  EXPECT_NEAR(own(estimate, 1, 0), 1, 1e-9);
  EXPECT_NEAR(own(estimate, 0, 2), 25 * (1 + kWeight * 0.1), 1e-9);
  EXPECT_NEAR(own(estimate, 1, 2), 25 * (1 + kWeight * 0.1), 1e-9);
  EXPECT_NEAR(estimate.costs().stems[0].segment_ms.at(NumberType::f32)[places()[2]], 10, 1e-9);
}

TEST_F(CostEstimateTest, OneRunOverSeveralPlacesSharesItsError) {
  CostEstimate estimate(mix_, Mode::mainstream, costs_);
  estimate.observe(plan_, 0,
                   window(1, {{{0, places()[1]}, 16}, {{places()[1], places()[2]}, 15}}, {1, 1, 1}));
  const std::vector<double>& segments = estimate.costs().stems[0].segment_ms.at(NumberType::f32);
  EXPECT_NEAR(segments[places()[0]], 2, 1e-9);
  EXPECT_NEAR(segments[places()[1]], 14, 1e-9);
  EXPECT_NEAR(segments[places()[2]], 10 * (1 + kWeight * 0.5), 1e-9);
}

TEST_F(CostEstimateTest, WithoutSharingAnAppsTimeIsThatOfItsWholeNetwork) {
  CostEstimate estimate(mix_, Mode::apart, costs_);
  estimate.observe(plan_, 0, window(1, {}, {27, 27, 54}));
  EXPECT_NEAR(own(estimate, 0, 0), 1, 1e-9);
  EXPECT_NEAR(own(estimate, 2, 0), 1 + kWeight, 1e-9);
}

TEST_F(CostEstimateTest, EachStreamCorrectsItsOwnStemAndApps) {
  Mix mix = files_->mix(14);
  mix.stems.push_back(mix.stems[0]);
  mix.stems[1].stream = "yard";
  mix.add_app(MPackage::open(files_->packages()[1]), 1);
  Costs costs = costs_;
  costs.stems.push_back(costs.stems[0]);
  costs.own_ms.push_back(costs.own_ms[1]);
  MixPlan plan = plan_;
  plan.settings.push_back(plan.settings[1]);
  plan.stem_types.push_back(plan.stem_types[0]);
  CostEstimate estimate(mix, Mode::mainstream, costs);
  estimate.observe(plan, 1, window(1, {{{0, places()[2]}, 52}}, {2}));
  EXPECT_EQ(estimate.costs().stems[0].segment_ms, costs_.stems[0].segment_ms);
  EXPECT_NEAR(estimate.costs().stems[1].segment_ms.at(NumberType::f32)[places()[1]], 14 * (1 + kWeight),
              1e-9);
  EXPECT_EQ(own(estimate, 1, 0), 1);
  EXPECT_NEAR(own(estimate, 3, 0), 1 + kWeight, 1e-9);
}

}  // namespace
}  // namespace mainstream
