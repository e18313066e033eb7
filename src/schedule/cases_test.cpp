// The problems with known answers in testdata/.
#include "core/file.hpp"
#include "core/json.hpp"
#include "core/testing.hpp"
#include "mainstream/problem_json.hpp"

namespace mainstream {
namespace {

const std::filesystem::path kData = MAINSTREAM_SOURCE_DIR "/src/schedule/testdata";

class Cases : public testing::TestWithParam<const char*> {
 protected:
  Cases() {
    const std::string path = kData / GetParam();
    problem_ = read_problem(path + ".json");
    expected_ = parse_json(read_file(path + ".expected.json"), path + ".expected.json");
  }

  [[nodiscard]] Schedule solved(Algorithm algorithm, Objective objective = Objective::mean) const {
    SolveOptions options;
    options.algorithm = algorithm;
    options.objective = objective;
    return solve(problem_, options);
  }

  void expect(const char* field, const Schedule& schedule, double value) const {
    if (expected_.contains("infeasible") || expected_[field].is_null()) {
      EXPECT_FALSE(schedule.feasible) << field;
    } else {
      EXPECT_TRUE(schedule.feasible) << field;
      EXPECT_NEAR(value, expected_[field].get<double>(), 1e-7) << field;
    }
  }

  Problem problem_;
  Json expected_;
};

TEST_P(Cases, Optimal) {
  const Schedule schedule = solved(Algorithm::optimal);
  expect("optimal_mean_f1", schedule, schedule.mean_f1);
  expect("optimal_cost", schedule, schedule.cost);
  EXPECT_EQ(schedule.proven, schedule.feasible);
}

TEST_P(Cases, OptimalMaxMin) {
  const Schedule schedule = solved(Algorithm::optimal, Objective::max_min);
  expect("optimal_max_min_f1", schedule, schedule.min_f1);
  expect("max_min_mean_f1", schedule, schedule.mean_f1);
  expect("max_min_cost", schedule, schedule.cost);
  EXPECT_EQ(schedule.proven, schedule.feasible);
}

TEST_P(Cases, FastIsNearOptimal) {
  const Schedule schedule = solved(Algorithm::fast);
  ASSERT_EQ(schedule.feasible, !expected_.contains("infeasible"));
  if (!schedule.feasible) return;
  const double best = expected_["optimal_mean_f1"].get<double>();
  EXPECT_GE(schedule.mean_f1, best * 0.99);
  EXPECT_LE(schedule.mean_f1, best + 1e-7);
  EXPECT_GE(*schedule.bound, best - 1e-7);
  if (expected_.contains("upper_bound_mean_f1")) {  // ours is that of the linear relaxation or better
    EXPECT_LE(*schedule.bound, expected_["upper_bound_mean_f1"].get<double>() + 1e-7);
  }
}

TEST_P(Cases, Greedy) {
  const Schedule schedule = solved(Algorithm::greedy);
  expect("greedy_mean_f1", schedule, schedule.mean_f1);
}

TEST_P(Cases, NoSharing) {
  if (expected_.contains("infeasible")) GTEST_SKIP() << "is about free choice; the lower rates here do fit";
  const Schedule schedule = solved(Algorithm::no_sharing);
  expect("no_sharing_mean_f1", schedule, schedule.mean_f1);
}

TEST_P(Cases, MaxSharing) {
  const Schedule schedule = solved(Algorithm::max_sharing);
  expect("max_sharing_mean_f1", schedule, schedule.mean_f1);
}

// Not all cases know these.
TEST_P(Cases, ApartAndFixed) {
  for (const auto& [field, algorithm] :
       {std::pair("apart_mean_f1", Algorithm::apart), std::pair("fixed_mean_f1", Algorithm::fixed)}) {
    if (!expected_.contains(field)) continue;
    const Schedule schedule = solved(algorithm);
    expect(field, schedule, schedule.mean_f1);
  }
}

INSTANTIATE_TEST_SUITE_P(, Cases,
                         testing::Values("two-apps", "three-apps-tight", "four-apps", "five-apps-slow-stream",
                                         "six-apps-mixed-lengths", "seven-apps-correlated",
                                         "eight-apps-voting", "nine-apps-all-curves", "ten-apps",
                                         "options-four-apps", "options-seven-apps-fractional-fps",
                                         "exits-and-tails", "worked-example", "infeasible", "big-100-apps"));

}  // namespace
}  // namespace mainstream
