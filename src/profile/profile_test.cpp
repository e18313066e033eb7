#include "mainstream/profile.hpp"
#include "infer/profile_alone.hpp"

#include "core/file.hpp"
#include "core/testing.hpp"
#include "infer/random_graph.hpp"
#include "mainstream/calibration.hpp"
#include "package/testing.hpp"

namespace mainstream {
namespace {

using std::chrono::milliseconds;

// Takes about a millisecond, enough for the clock.
Base base_of_some_size() {
  GraphMaker m(1);
  std::string x = m.input({1, 3, 40, 40});
  for (int i = 0; i < 4; ++i) {
    const std::string y = m.relu(m.conv(x, 32, 3, {.pads = {1, 1, 1, 1}}));
    x = m.relu(m.add(m.conv(y, 32, 3, {.pads = {1, 1, 1, 1}}), y));
  }
  const std::string flat = m.node(op::Reshape{{32}}, {m.node(op::GlobalPool{}, {x})});
  m.graph.outputs = {m.node(op::Gemm{}, {flat, m.constant({10, 32})})};
  return prepare_base(m.graph, {});
}

TEST(Profile, SegmentsAddUpToTheWholeRun) {
  const Base base = base_of_some_size();
  const Profile profile = profile_base(Engine({.threads = 1}), base, NumberType::f32, milliseconds(300));
  ASSERT_EQ(profile.layer_ms.size(), base.layers());
  double sum = 0;
  for (std::size_t i = 1; i < base.branchpoints.size(); ++i) {
    const double segment = profile.range_ms(base.branchpoints[i - 1].layers, base.branchpoints[i].layers);
    EXPECT_GT(segment, 0) << base.branchpoints[i].tensor;
    sum += segment;
  }
  // 5 % on an idle machine; other work may run here.
  EXPECT_NEAR(sum, profile.stem.median_ms, 0.25 * profile.stem.median_ms);
  EXPECT_GE(profile.stem.p90_ms, profile.stem.median_ms);
  EXPECT_GE(profile.stem.runs, 5U);
  EXPECT_ERROR(usage, profile.range_ms(0, base.layers() + 1), "expected layers within 0..");
}

TEST(Profile, TimesPrimitivesAloneAndLeavesTheAnswer) {
  const Base base = base_of_some_size();
  Network network(Engine({.threads = 1}), base.graph);
  const std::vector<float> input(3 * 40 * 40, 0.5F);
  const auto before = network.run(input);
  const std::vector<float> answer(before.begin(), before.end());
  for (const bool cold_weights : {false, true}) {
    const auto steps = profile_alone(network, 3, cold_weights);
    ASSERT_EQ(steps.size(), network.steps().size());
    for (const StepInfo& step : steps) EXPECT_GT(step.milliseconds, 0) << step.output;
  }
  const auto after = network.run(input);
  EXPECT_EQ(std::vector<float>(after.begin(), after.end()), answer);
}

TEST(Profile, IsKeptBetweenRuns) {
  const TestFolder folder;
  const Base base = tiny_base();
  const Engine engine({.threads = 1});
  const Profile first = cached_profile(engine, base, NumberType::f32, folder / "cache", milliseconds(20));
  const Profile second = cached_profile(engine, base, NumberType::f32, folder / "cache", milliseconds(20));
  EXPECT_EQ(first.layer_ms, second.layer_ms);  // not measured again
  Profile grown = second;
  grown.scale_ms["64x48"] = 0.25;
  grown.own_ms["exit"] = 0.5;
  keep_profile(engine, base, grown, folder / "cache");
  const Profile third = cached_profile(engine, base, NumberType::f32, folder / "cache", milliseconds(20));
  EXPECT_EQ(third.scale_ms, grown.scale_ms);
  EXPECT_EQ(third.own_ms, grown.own_ms);
  EXPECT_EQ(second.base_id, base.id);
  EXPECT_EQ(second.processor, first.processor);

  const auto file = std::filesystem::directory_iterator(folder / "cache")->path();
  write_file(file, "{}");
  EXPECT_EQ(cached_profile(engine, base, NumberType::f32, folder / "cache", milliseconds(20)).layer_ms.size(),
            base.layers());
  EXPECT_EQ(read_profile(file).layer_ms.size(), base.layers());  // repaired
  write_file(file, "no JSON");
  EXPECT_ERROR(untrusted, read_profile(file), file.string());
}

TEST(Profile, IsOfOneNumberType) {
  const TestFolder folder;
  Base base = base_of_some_size();
  const Engine engine({.threads = 1});
  (void)cached_profile(engine, base, NumberType::f32, folder.path(), milliseconds(20));
  if (processor_has(NumberType::bf16)) {
    const Profile profile = cached_profile(engine, base, NumberType::bf16, folder.path(), milliseconds(20));
    EXPECT_EQ(profile.number_type, NumberType::bf16);
    EXPECT_EQ(folder.names().size(), 2U);
    EXPECT_EQ(cached_profile(engine, base, NumberType::bf16, folder.path()).layer_ms, profile.layer_ms);
  }
  EXPECT_ERROR(usage, profile_base(engine, base, NumberType::int8), "is not calibrated for int8");
  if (!processor_has(NumberType::int8)) GTEST_SKIP() << "this processor does not compute in int8";
  GraphMaker values(1);
  const std::vector<std::vector<float>> inputs{values.values(3 * 40 * 40)};
  base.ranges = measure_ranges(engine, base.graph, inputs);
  const Profile profile = profile_base(engine, base, NumberType::int8, milliseconds(100));
  EXPECT_EQ(profile.layer_ms.size(), base.layers());
}

TEST(Profile, WorksWhereNothingCanBeKept) {
  const Base base = tiny_base();
  const Profile profile =
      cached_profile(Engine({.threads = 1}), base, NumberType::f32, "/dev/null/cache", milliseconds(20));
  EXPECT_EQ(profile.layer_ms.size(), base.layers());
}

}  // namespace
}  // namespace mainstream
