#include "core/log.hpp"
#include "mainstream/experiments.hpp"
#include "run/deployer.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

class ClipScoresTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set_log_level("error");
    files_ = new TestMix;
  }
  static void TearDownTestSuite() {
    delete files_;
    files_ = nullptr;
  }

  // Every third frame is an event of every app.
  static Labels labels() {
    Labels labels;
    labels.frames = kClipFrames;
    for (const char* app : {"a", "b", "c"}) {
      for (int frame = 0; frame < kClipFrames; ++frame) labels.apps[app].push_back(frame % 3 == 0);
    }
    return labels;
  }
  [[nodiscard]] ClipScores record(const Mix& mix, const std::vector<FrameRange>& parts) const {
    return record_scores(engine_, mix, files_->clip().string(), 0, labels(), parts, {});
  }

  static TestMix* files_;
  const Engine engine_{{.threads = 1}};
};
TestMix* ClipScoresTest::files_ = nullptr;

TEST_F(ClipScoresTest, PartsHaveTheScoresOfEachCandidateAlone) {
  const Mix mix = files_->mix();
  const ClipScores scores = record(mix, {{3, 9}, {40, 59}});
  EXPECT_EQ(scores.fps, kClipFps);
  for (std::size_t app = 0; app < mix.apps.size(); ++app) {
    const std::vector<Candidate>& candidates = mix.apps[app].manifest().candidates;
    ASSERT_EQ(scores.recordings[app].size(), candidates.size());
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      const std::vector<float>& alone = files_->scores[mix.apps[app].name()][c];
      const auto& parts = scores.recordings[app].at({candidates[c].id, {}});
      ASSERT_EQ(parts.size(), 2U);
      ASSERT_EQ(parts[0].scores.size(), 7U);
      ASSERT_EQ(parts[1].scores.size(), 20U);
      for (std::size_t i = 0; i < 7; ++i) EXPECT_NEAR(parts[0].scores[i], alone[3 + i], 1e-5);
      for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(parts[1].scores[i], alone[40 + i], 1e-5);
      EXPECT_EQ(parts[0].truth, (std::vector<bool>{true, false, false, true, false, false, true}));
    }
  }
}

TEST_F(ClipScoresTest, EachNumberTypeHasTheScoresOfItsPlan) {
  const TestFolder folder;
  write_base(calibrated(files_->base, files_->clip()), folder / "calibrated.onnx");
  const Mix mix = files_->mix(folder / "calibrated.onnx");
  if (mix.stems[0].number_types.size() < 2) GTEST_SKIP() << "this processor computes in f32 alone";
  const ClipScores scores = record(mix, {{0, 0}});
  const auto frame = VideoReader(files_->clip().string()).next();
  std::size_t compared = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    for (const NumberTypes& types : number_types_of(mix.apps[0].manifest().candidates[c], mix.stems[0])) {
      Deployer deployer(Mode::mainstream, engine_, Clock::system());
      const MixPlan plan = files_->plan({{c, 20, types}, {c, 20, types}, {c, 20, types}}, types.stem);
      const auto deployed = deployer.plan(mix, plan);
      std::vector<float> expected(3);
      FrameTimes times;
      deployed.front()->pipeline->run(frame->picture, std::vector<std::size_t>{0, 1, 2}, expected, times);
      for (std::size_t app = 0; app < 3; ++app) {
        const Variant variant{plan.settings[app].candidate, types};
        EXPECT_NEAR(scores.recordings[app].at(variant).front().scores.front(), expected[app], 1e-5)
            << variant.candidate << ", " << to_string(types);
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 9U);
}

TEST_F(ClipScoresTest, RefusesWhatHasNoLabels) {
  Labels few = labels();
  few.apps.erase("b");
  const Mix mix = files_->mix();
  const std::string clip = files_->clip().string();
  EXPECT_ERROR(usage, record_scores(engine_, mix, clip, 0, few, {{0, 9}}, {}), R"(app "b" has no labels)");
  EXPECT_ERROR(usage, record(mix, {{0, 60}}), "60");
}

}  // namespace
}  // namespace mainstream
