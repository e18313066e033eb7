#include "mainstream/planning.hpp"

#include "core/testing.hpp"
#include "event/replay.hpp"
#include "mainstream/error.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

// Rows of a table in which the second half of a second matters: the F1 grows with the rate.
std::vector<MeasuredQuality> table(double f1) {
  std::vector<MeasuredQuality> rows;
  for (const double fps : rate_grid(10)) {
    const double share = f1 * fps / (fps + 0.2);
    rows.push_back({fps, 1, share, share, share, 0.02});
    rows.push_back({fps, 3, share / 2, share / 2, share / 2, 0.02});
  }
  return rows;
}

class PlanningTest : public testing::Test {
 protected:
  PlanningTest() {
    write_base(base_, folder_ / "base.onnx");
    for (const char* app : {"left", "right"}) write_app(app);
  }

  [[nodiscard]] Manifest five_candidates(const std::string& app) const {
    Manifest manifest = tiny_manifest(base_);
    manifest.app = app;
    manifest.candidates = {
        tiny_candidate(base_, CandidateKind::exit, {"a", "b"}),
        tiny_candidate(base_, CandidateKind::exit, {"b"}), tiny_candidate(base_, CandidateKind::tail, {"b"}),
        tiny_candidate(base_, CandidateKind::exit, {"a"}), tiny_candidate(base_, CandidateKind::tail, {"a"})};
    return manifest;
  }

  void write_app(const Manifest& manifest) const {
    write_package(folder_ / (manifest.app + ".mpkg"), manifest,
                  {tiny_exit(base_, {"a", "b"}), tiny_exit(base_, {"b"}), tiny_tail(base_, "b"),
                   tiny_exit(base_, {"a"}), tiny_tail(base_, "a")});
  }

  void write_app(const std::string& app) const {
    Manifest manifest = five_candidates(app);
    for (std::size_t i = 0; i < manifest.candidates.size(); ++i) {
      manifest.candidates[i].measured = table(0.7 + 0.03 * static_cast<double>(i));
    }
    write_app(manifest);
  }

  // As from pictures: rates on single frames with intervals of this half width, and no table. One candidate
  // of `left` was lucky.
  void write_apps_of_pictures(double half_width) const {
    for (const char* app : {"left", "right"}) {
      Manifest manifest = five_candidates(app);
      for (Candidate& candidate : manifest.candidates) {
        candidate.measured.clear();
        const bool lucky = app == std::string("left") && candidate.id == "exit-2";
        candidate.tpr = lucky ? 0.95 : 0.8;
        candidate.fpr = lucky ? 0.01 : 0.05;
        candidate.tpr_interval = {candidate.tpr - half_width, std::min(1.0, candidate.tpr + half_width)};
        candidate.fpr_interval = {std::max(0.0, candidate.fpr - half_width), candidate.fpr + half_width};
      }
      write_app(manifest);
    }
  }

  // F1 at 1 fps of a candidate of `left`.
  [[nodiscard]] double estimate_of(const std::string& id) const {
    const Mix mix = this->mix();
    const Problem problem = make_problem(mix, made_up_costs(mix), 100);
    const auto& candidates = problem.apps[0].candidates;
    const auto& rows = std::ranges::find(candidates, id, &Problem::Candidate::id)->measured;
    return std::ranges::find(rows, 1.0, &Problem::MeasuredQuality::fps)->quality.f1;
  }

  [[nodiscard]] Mix mix() const {
    return read_mix(folder_ / "base.onnx", {folder_ / "left.mpkg", folder_ / "right.mpkg"}, "gate", 10, 64,
                    48);
  }
  [[nodiscard]] Costs costs_of(const Mix& mix) const { return known_costs(engine_, mix, folder_ / "cache"); }

  // 10 ms to `a`, 20 more to `b`; exits take 1 ms, tails what the base does.
  static Costs made_up_costs(const Mix& mix) {
    Costs costs;
    for (std::size_t s = 0; s < mix.stems.size(); ++s) {
      costs.stems.push_back({.scale_ms = 1, .segment_ms = {{NumberType::f32, {0, 10, 20}}}});
    }
    for (std::size_t a = 0; a < mix.apps.size(); ++a) {
      costs.own_ms.push_back({{{"exit-2-5", NumberType::f32}, 2},
                              {{"exit-5", NumberType::f32}, 1},
                              {{"tail-5", NumberType::f32}, 1},
                              {{"exit-2", NumberType::f32}, 1},
                              {{"tail-2", NumberType::f32}, 21}});
    }
    return costs;
  }

  const TestFolder folder_;
  const Base base_ = tiny_base();
  const Engine engine_{{.threads = 1}};
};

TEST_F(PlanningTest, AProblemHasEveryCandidateWithItsOwnCost) {
  const Mix mix = this->mix();
  const Problem problem = make_problem(mix, made_up_costs(mix), 100);
  validate(problem);
  ASSERT_EQ(problem.stems.size(), 1U);
  EXPECT_EQ(problem.stems[0].layer_costs[0].costs, (std::vector<double>{1, 10, 20}));
  EXPECT_EQ(problem.stems[0].fps_options, rate_grid(10));
  ASSERT_EQ(problem.apps.size(), 2U);
  std::map<std::string, const Problem::Candidate*> by_id;
  for (const Problem::Candidate& candidate : problem.apps[0].candidates) by_id[candidate.id] = &candidate;
  ASSERT_EQ(by_id.size(), 5U);
  EXPECT_EQ(by_id.at("exit-2-5")->levels, 2);
  EXPECT_EQ(by_id.at("exit-2-5")->frozen, 3);
  EXPECT_EQ(by_id.at("exit-2")->frozen, by_id.at("tail-2")->frozen) << "one branchpoint, two candidates";
  EXPECT_EQ(by_id.at("tail-2")->own_cost, 21);
  EXPECT_EQ(by_id.at("exit-2")->kind, Problem::Candidate::Kind::exit);
}

TEST_F(PlanningTest, RatesOfFewPicturesAreNotTakenAtTheirWord) {
  write_apps_of_pictures(0.001);
  const double sure = estimate_of("exit-2") - estimate_of("exit-5");
  write_apps_of_pictures(0.15);
  const double unsure = estimate_of("exit-2") - estimate_of("exit-5");
  const Mix mix = this->mix();
  const Problem problem = make_problem(mix, made_up_costs(mix), 100);
  for (const auto& row : problem.apps[0].candidates[0].measured)
    EXPECT_EQ(row.f1_error, 0) << "errors of tpr and fpr are those of all rates";
  EXPECT_GT(sure, 0.05);
  EXPECT_GT(unsure, 0);
  EXPECT_LT(unsure, 0.75 * sure);
}

TEST_F(PlanningTest, TheRestOfABudgetIsNotSpentOnAppsOfPictures) {
  write_apps_of_pictures(0.15);
  const Mix mix = this->mix();
  EXPECT_EQ(Planner(mix, {}).solve(made_up_costs(mix), 1e6).schedule.spent, 0);
}

TEST_F(PlanningTest, PackagesHaveTheSameRatesWithAndWithoutSharing) {
  const Mix mix = this->mix();
  EXPECT_FALSE(make_problem(mix, made_up_costs(mix), 100).stems[0].low_rates_alone);
}

TEST_F(PlanningTest, RatesWithoutIntervalsAreLeftToTheModel) {
  Manifest manifest = five_candidates("left");
  for (Candidate& candidate : manifest.candidates) {
    candidate.measured.clear();
    candidate.tpr_interval = candidate.fpr_interval = Interval{};
  }
  write_app(manifest);
  const Mix mix = this->mix();
  const Problem problem = make_problem(mix, made_up_costs(mix), 100);
  for (const Problem::Candidate& candidate : problem.apps[0].candidates)
    EXPECT_TRUE(candidate.measured.empty()) << candidate.id;
}

TEST_F(PlanningTest, AnExitNeedsNothingBehindIt) {
  const Mix mix = this->mix();
  const Planner planner(mix, {});
  // Both apps at `a`: scaling, 10 ms of stem and two heads. With tails there it would be 40 ms more.
  const MixPlan plan = planner.evaluate(made_up_costs(mix), 1000,
                                        {mix.setting(0, "exit-2", 10, 1), mix.setting(1, "exit-2", 5, 1)});
  EXPECT_NEAR(plan.schedule.cost, 10 * (1 + 10 + 1) + 5 * 1, 1e-9);
  const MixPlan mixed = planner.evaluate(made_up_costs(mix), 1000,
                                         {mix.setting(0, "exit-2", 10, 1), mix.setting(1, "exit-5", 5, 1)});
  EXPECT_NEAR(mixed.schedule.cost, 10 * (1 + 10 + 1) + 5 * (20 + 1), 1e-9);
}

TEST_F(PlanningTest, ASettingSaysWhatThePackageSaysOfIt) {
  const Mix mix = this->mix();
  const Setting setting = mix.setting(1, "exit-5", 5, 3);
  EXPECT_EQ(setting.branchpoint, mix.apps[1].manifest().candidate("exit-5").branchpoint);
  EXPECT_EQ(setting.threshold, mix.apps[1].manifest().candidate("exit-5").threshold);
  EXPECT_ERROR(usage, mix.setting(1, "exit-5", 5, 3, {NumberType::int8, NumberType::int8}),
               "app \"right\": candidate exit-5 was not measured with int8");
}

TEST_F(PlanningTest, WhatIsPlannedCanBeEvaluatedAgain) {
  const Mix mix = this->mix();
  for (const Mode mode : {Mode::mainstream, Mode::fixed, Mode::max_sharing, Mode::apart, Mode::no_sharing}) {
    const Planner planner(mix, {.mode = mode});
    for (const double budget : {30.0, 150.0, 1000.0}) {
      const MixPlan plan = planner.solve(made_up_costs(mix), budget);
      ASSERT_TRUE(plan.schedule.feasible) << to_string(mode) << " at " << budget;
      EXPECT_LE(plan.schedule.cost, budget + 1e-6);
      const MixPlan again = planner.evaluate(made_up_costs(mix), budget, plan.settings);
      EXPECT_NEAR(again.schedule.cost, plan.schedule.cost, 1e-6) << to_string(mode);
      EXPECT_NEAR(again.schedule.mean_f1, plan.schedule.mean_f1, 1e-6) << to_string(mode);
      EXPECT_EQ(again.settings, plan.settings) << to_string(mode);
    }
  }
}

TEST_F(PlanningTest, ModesUseWhatTheirNamesSay) {
  const Mix mix = this->mix();
  const auto candidates = [&](Mode mode) {
    std::vector<std::string> ids;
    const Planner planner(mix, {.mode = mode});
    for (const Setting& setting : planner.solve(made_up_costs(mix), 1e6).settings)
      ids.push_back(setting.candidate);
    return ids;
  };
  EXPECT_THAT(candidates(Mode::max_sharing), testing::Each(testing::AnyOf("exit-5", "tail-5")));
  EXPECT_THAT(candidates(Mode::no_sharing), testing::Each("tail-2"));
}

TEST_F(PlanningTest, CostsAreMeasuredOnceAndKept) {
  const Mix mix = this->mix();
  const Costs first = costs_of(mix), second = costs_of(mix);
  EXPECT_EQ(first.own_ms, second.own_ms);
  EXPECT_EQ(first.stems[0].segment_ms, second.stems[0].segment_ms);
  EXPECT_EQ(first.stems[0].scale_ms, second.stems[0].scale_ms);
  EXPECT_EQ(first.stems[0].segment_ms.at(NumberType::f32).size(), base_.branchpoints.size());
  for (const auto& app : first.own_ms) {
    EXPECT_EQ(app.size(), 5U);
    for (const auto& [own, ms] : app) EXPECT_GT(ms, 0) << own.first;
  }
  // Apps of one structure cost the same.
  EXPECT_EQ(first.own_ms[0], first.own_ms[1]);
}

TEST_F(PlanningTest, StreamsAndBasesShareTheBudget) {
  Mix mix = this->mix();
  const Base other = tiny_base(0.31F);
  mix.stems.push_back({.stream = "yard",
                       .fps = 10,
                       .width = 64,
                       .height = 48,
                       .base = other,
                       .number_types = {},
                       .branchpoints = {}});
  Manifest manifest = tiny_manifest(other);
  manifest.app = "left";
  manifest.candidates = {tiny_candidate(other, CandidateKind::exit, {"a"})};
  manifest.candidates[0].measured = table(0.9);
  write_package(folder_ / "yard.mpkg", manifest, {tiny_exit(other, {"a"})});
  mix.add_app(MPackage::open(folder_ / "yard.mpkg"), 1);
  Costs costs = made_up_costs(mix);
  costs.own_ms[2] = {{{"exit-2", NumberType::f32}, 1}};
  const Planner planner(mix, {});
  const MixPlan plan = planner.solve(costs, 60);
  ASSERT_TRUE(plan.schedule.feasible) << plan.schedule.reason;
  EXPECT_LE(plan.schedule.cost, 60 + 1e-6);
  ASSERT_EQ(plan.settings.size(), 3U);
  EXPECT_EQ(plan.settings[2].candidate, "exit-2");
  EXPECT_EQ(plan.stem_types.size(), 2U);
}

// The plan is as good as the best of those for given ways of decoding, and costs what its own ways take.
TEST_F(PlanningTest, ALowerRateMayMakeDecodingCheaper) {
  Mix mix = this->mix();
  mix.stems.push_back(mix.stems[0]);
  mix.stems[1].stream = "yard";
  mix.add_app(MPackage::open(folder_ / "left.mpkg"), 1);
  const double always = std::numeric_limits<double>::infinity();
  Costs costs = made_up_costs(mix);
  const Decoding ways{{"gate", {{2, 4}, {4, 20}, {always, 90}}},
                      {"yard", {{3, 10}, {always, 60}}},
                      {"roof", {{1, 1}, {always, 5}}}};
  const Planner planner(mix, {});
  for (const double budget : {50.0, 90.0, 150.0, 250.0, 400.0, 1000.0}) {
    costs.decoding = ways;
    const MixPlan plan = planner.solve(costs, budget);
    double gate = 0;
    for (std::size_t a = 0; a < 2; ++a) gate = std::max(gate, plan.settings[a].fps);
    const double yard = plan.settings[2].fps;
    EXPECT_EQ(plan.decoding, 5 + (gate <= 2 ? 4 : gate <= 4 ? 20 : 90) + (yard <= 3 ? 10 : 60)) << budget;
    EXPECT_EQ(planner.decoding(costs, plan.settings), plan.decoding);
    EXPECT_TRUE(plan.schedule.feasible) << plan.schedule.reason;
    EXPECT_LE(plan.schedule.cost, budget + 1e-6);
    EXPECT_NEAR(planner.evaluate(costs, budget, plan.settings).schedule.cost, plan.schedule.cost, 1e-6);
    // All six pairs of ways, each with rates that it serves.
    for (const DecodingWay& at_gate : ways.at("gate")) {
      for (const DecodingWay& at_yard : ways.at("yard")) {
        Mix limited = mix;
        limited.stems[0].fps = std::min(10.0, at_gate.fps);
        limited.stems[1].fps = std::min(10.0, at_yard.fps);
        costs.decoding = {{"gate", {{always, at_gate.ms_per_s}}},
                          {"yard", {{always, at_yard.ms_per_s}}},
                          {"roof", {{always, 5}}}};
        const Schedule with = Planner(limited, {}).solve(costs, budget).schedule;
        if (!with.feasible) continue;
        EXPECT_GE(plan.schedule.mean_f1, with.mean_f1 - 0.011) << "half of an error may be spent on delays";
      }
    }
  }
}

TEST_F(PlanningTest, SaysWhatDecodingLeavesOfABudget) {
  const Mix mix = this->mix();
  Costs costs = made_up_costs(mix);
  costs.decoding = {{"gate", {{.ms_per_s = 30}}}};
  const Planner planner(mix, {});
  EXPECT_EQ(planner.solve(costs, 20).schedule.reason, "decoding alone costs 30, the budget is 20");
  EXPECT_EQ(planner.solve(costs, 31).schedule.reason,
            "the cheapest schedule costs 1.3, the budget is 1 (decoding takes 30 of 31)");
}

TEST_F(PlanningTest, RefusesAnAppTwiceAndOtherBases) {
  Mix mix = this->mix();
  EXPECT_ERROR(usage, mix.add_app(MPackage::open(folder_ / "left.mpkg")), "both of the app \"left\"");
  EXPECT_ERROR(usage, read_mix(folder_ / "base.onnx", {}, "gate", 10, 64, 48), "at least one M-Package");
  write_base(tiny_base(0.31F), folder_ / "other.onnx");
  EXPECT_ERROR(untrusted, read_mix(folder_ / "other.onnx", {folder_ / "left.mpkg"}, "gate", 10, 64, 48),
               "made for base");
}

}  // namespace
}  // namespace mainstream
