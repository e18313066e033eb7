#include "run/pipeline.hpp"

#include <gmock/gmock.h>

#include "run/testing.hpp"

namespace mainstream {
namespace {

// Two apps with exits of one structure around one with a tail from an earlier branchpoint: everybody gets the
// score of the own network run alone.
TEST(SharedPipelineTest, ScoresExitsTogetherAsEachAlone) {
  const TestFolder folder;
  make_clip(folder / "clip.avi");
  const Base base = make_base(8);
  const std::string early = base.branchpoints[1].tensor;
  const std::vector<Graph> graphs{make_tail(base, base.features, 1), make_tail(base, early, 2),
                                  make_tail(base, base.features, 3)};
  const Scores expected = reference_scores(base, graphs, folder / "clip.avi");

  const auto shared = std::make_shared<SharedStem>(
      base.input, Stem(Engine({.threads = 1}), base.graph, {early, base.features}),
      std::vector<std::size_t>{1, base.branchpoints.size() - 1});
  const std::shared_ptr<Stem> stem(shared, &shared->stem);
  SharedNetwork network(
      stem, {ExitMember{graphs[0]}, std::make_shared<Tail>(*stem, graphs[1]), ExitMember{graphs[2]}});
  ASSERT_EQ(network.parts(), 2U);
  SharedPipeline pipeline(shared, std::move(network), {}, {{1}, {1}, {1}}, Clock::system());

  VideoReader reader((folder / "clip.avi").string());
  FrameTimes times;
  for (std::size_t i = 0; const auto frame = reader.next(); ++i) {
    // All of them, then only those with exits, then only the tail.
    const std::vector<std::vector<std::size_t>> turns{{0, 1, 2}, {0, 2}, {1}};
    const std::vector<std::size_t>& due = turns[i % 3];
    std::vector<float> scores(due.size());
    pipeline.run(frame->picture, due, scores, times);
    for (std::size_t k = 0; k < due.size(); ++k)
      EXPECT_NEAR(scores[k], expected[due[k]][i], 1e-5) << "frame " << i;
    EXPECT_EQ(times.tails.size(), due.size());
    EXPECT_EQ(times.segments.size(), i % 3 == 0 ? 2U : 1U);
    EXPECT_EQ(times.segments.back().place, i % 3 == 2 ? 1 : base.branchpoints.size() - 1);
    double parts = times.scale_ms;
    for (const auto& segment : times.segments) parts += segment.ms;
    for (const auto& tail : times.tails) parts += tail.ms;
    EXPECT_LE(parts, times.busy_ms + 1e-6);
  }
}

}  // namespace
}  // namespace mainstream
