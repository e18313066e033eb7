#include "eval/score_files.hpp"

#include "eval/replayed_quality.hpp"
#include "eval/stream_testing.hpp"
#include "event/replay.hpp"

namespace mainstream {
namespace {

TEST(ScoreFilesTest, KeptScoresAreTheRecordedOnes) {
  const LittleStudy study;
  const Mix& mix = study.pool().trained.mix;
  const Labels labels = read_labels(study.stream.labels);
  const std::filesystem::path folder = study.folder() / "again";
  const auto keep = [&] { return kept_scores(study.engine, mix, study.stream, folder, {}); };
  const ClipScores recorded = record_scores(study.engine, mix, study.stream.video, study.stream.fps, labels,
                                            {{0, labels.frames - 1}}, {});
  for (int i = 0; i < 2; ++i) {  // recorded, then read
    const ClipScores kept = keep();
    ASSERT_EQ(kept.recordings.size(), recorded.recordings.size());
    for (std::size_t app = 0; app < kept.recordings.size(); ++app) {
      ASSERT_EQ(kept.recordings[app].size(), 3U);
      for (const auto& [variant, parts] : recorded.recordings[app]) {
        const Recording& same = kept.recordings[app].at(variant).front();
        EXPECT_EQ(same.scores, parts.front().scores);
        EXPECT_EQ(same.truth, parts.front().truth);
      }
    }
  }
  const std::filesystem::path piece = folder / recording_id(mix, study.stream) / "0000000.json";
  write_file(piece, R"({"format": 1, "first": 0, "last": 3, "recordings": []})");
  EXPECT_ERROR(untrusted, keep(), "0000000.json");
  std::filesystem::remove(piece);
  (void)keep();
  EXPECT_TRUE(std::filesystem::exists(piece));
}

TEST(ScoreFilesTest, OtherThingsHaveOtherRecordings) {
  const LittleStudy study;
  const Mix& mix = study.pool().trained.mix;
  const std::string id = recording_id(mix, study.stream);
  ScoredStream slower = study.stream;
  slower.fps = 5;
  EXPECT_NE(recording_id(mix, slower), id);
  const Mix fewer = read_mix(study.base(), {study.package("red")}, "stream", study.stream.fps, 32, 32);
  EXPECT_NE(recording_id(fewer, study.stream), id);
}

TEST(ReplayedQualityTest, CountsAsTheReplayDoes) {
  const LittleStudy study;
  const TrainedMix& trained = study.pool().trained;
  const Setting setting = trained.mix.setting(1, "tail-5", 5, 2);
  const Recording& recording = trained.scores.recordings[1].at({"tail-5", {}}).front();
  const EventCounts expected = sum(replay_cells(recording, {setting.threshold, 2, 0.1}, 5));
  EXPECT_EQ(study.pool().quality.counts(1, setting), expected);
  const Problem known = study.pool().quality.known(make_problem(trained.mix, trained.costs, 100));
  for (const Problem::Candidate& candidate : known.apps[1].candidates) {
    if (candidate.id != "tail-5") continue;
    const auto row =
        std::ranges::find_if(candidate.measured, [](const auto& r) { return r.fps == 5 && r.votes == 2; });
    EXPECT_EQ(row->quality.f1, expected.f1());
  }
}

}  // namespace
}  // namespace mainstream
