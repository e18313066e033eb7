// Packages measured on a made-up clip.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <numeric>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "event/frame_score.hpp"
#include "event/replay.hpp"
#include "mainstream/calibration.hpp"
#include "mainstream/media.hpp"
#include "mainstream/trainer.hpp"
#include "media/test_clip.hpp"
#include "package/sha256.hpp"
#include "train/test_base.hpp"
#include "train/validation/event_threshold.hpp"
#include "train/validation/network_scores.hpp"

namespace mainstream {
namespace {

constexpr int kFrames = 240;

// A grey picture whose brightness wavers; a bright square sits in it in 15 of every 40 frames.
bool is_present(std::int64_t frame) {
  return frame % 40 >= 10 && frame % 40 < 25;
}

// Pictures of both classes at twice the clip's contrast: what a package from pictures promises holds for
// them, and not for the camera.
void write_pictures(const std::filesystem::path& folder) {
  for (const char* kind : {"box", "none"}) {
    std::filesystem::create_directories(folder / kind);
    run_ffmpeg(fmt::format(
        "-f lavfi -i \"color=black:s=96x64:r=10,format=gray,geq=lum='if({}*between(X\\,8+mod(N\\,3)\\,30)*"
        "between(Y\\,20\\,44)\\,230\\,60+20*sin(X/5+N))'\" -frames:v 24 'file:{}'",
        kind == std::string("box") ? 1 : 0, (folder / kind / "%02d.png").string()));
  }
}

class Measuring : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TestFolder;
    run_ffmpeg(
        fmt::format("-f lavfi -i "
                    "\"color=black:s=96x64:r=10,format=gray,geq=lum='if(between(mod(N\\,40)\\,10\\,24)*"
                    "between(X\\,8\\,30)*"
                    "between(Y\\,20\\,44)\\,170\\,70+15*sin(X/5+N)+25*sin(N/9))'\" -frames:v {} -pix_fmt "
                    "yuvj420p -c:v mjpeg "
                    "-q:v 2 'file:{}'",
                    kFrames, clip().string()));
    std::ofstream labels(*folder_ / "labels.csv");
    labels << "frame,box,never,always,once\n";
    for (int frame = 0; frame < kFrames; ++frame)
      labels << fmt::format("{},{},0,1,{}\n", frame, is_present(frame) ? 1 : 0, frame == 7 ? 1 : 0);
    write_pictures(*folder_ / "pictures");
    PictureData pictures;
    pictures.folder = *folder_ / "pictures";
    pictures.positive = {"box"};
    (void)train_from_pictures(small_base(), pictures, {"box", *folder_ / "box.mpkg"}, training());
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static TrainOptions training() {
    TrainOptions options;
    options.candidates = CandidateChoice::exits;
    options.branchpoint_count = 3;
    options.threads = 1;
    options.created = "2024-01-01T00:00:00Z";
    return options;
  }
  static std::filesystem::path clip() { return *folder_ / "clip.avi"; }
  static MPackage box() { return MPackage::open(*folder_ / "box.mpkg"); }
  static ClipData data() {
    ClipData data;
    data.video = clip().string();
    data.labels = *folder_ / "labels.csv";
    return data;
  }
  static EvaluationOptions options() {
    return {.threads = 1, .time = "2024-06-01T00:00:00Z", .stop = {}, .report = {}};
  }
  static Measurement measure(const MPackage& package, const std::filesystem::path& output,
                             const ClipData& clip_data = data(), const Base& base = small_base()) {
    const std::vector<MeasureTarget> targets{{package, output}};
    return measure_on_clip(base, targets, clip_data, options()).front();
  }
  // The package with another manifest, and the same networks.
  static MPackage changed(const std::filesystem::path& path, const std::function<void(Manifest&)>& change) {
    const MPackage package = box();
    Manifest manifest = package.manifest();
    std::vector<Graph> graphs;
    for (const Candidate& candidate : manifest.candidates) graphs.push_back(package.graph(candidate));
    change(manifest);
    write_package(path, manifest, graphs);
    return MPackage::open(path);
  }

  static TestFolder* folder_;
};
TestFolder* Measuring::folder_ = nullptr;

TEST_F(Measuring, KeepsTheNetworksAndSaysWhatTheClipShows) {
  const TestFolder out;
  const MPackage before = box();
  const Measurement result = measure(before, out / "new" / "box.mpkg");
  const MPackage package = MPackage::open(out / "new" / "box.mpkg");
  package.verify(small_base());
  const Manifest& manifest = package.manifest();
  EXPECT_EQ(to_json(manifest), to_json(result.manifest));
  EXPECT_EQ(manifest.classes, before.manifest().classes);
  EXPECT_EQ(manifest.created, "2024-01-01T00:00:00Z") << "the networks' time";
  ASSERT_TRUE(manifest.measured_on);
  EXPECT_EQ(
      *manifest.measured_on,
      (MeasuredOn{"clip.avi", sha256(read_file(clip())), {{0, kFrames - 1}}, 10, "2024-06-01T00:00:00Z"}));
  EXPECT_EQ(manifest.event.origin, EventModel::Origin::measured);
  EXPECT_NEAR(manifest.event.length_ms, 1500, 1e-6);
  EXPECT_NEAR(manifest.event.frequency, 0.375, 1e-9);
  ASSERT_EQ(manifest.candidates.size(), before.manifest().candidates.size());
  ASSERT_EQ(result.before.size(), manifest.candidates.size());
  for (std::size_t i = 0; i < manifest.candidates.size(); ++i) {
    const Candidate &now = manifest.candidates[i], &then = before.manifest().candidates[i];
    SCOPED_TRACE(now.id);
    EXPECT_EQ(now.id, then.id);
    EXPECT_EQ(now.sha256, then.sha256) << "the same network";
    EXPECT_EQ(now.validation_size, kFrames);
    EXPECT_EQ(result.before[i].promised.tpr, then.tpr);
    EXPECT_TRUE(then.measured.empty());
    EXPECT_EQ(now.measured.size(), rate_grid(10).size() * std::size(kVotesGrid));
    ASSERT_TRUE(now.scores);
    EXPECT_EQ(std::accumulate(now.scores->positive.begin(), now.scores->positive.end(), std::int64_t{0}), 90);
    EXPECT_NE(now.threshold, then.threshold);
  }
}

// By hand: the scores as the engine gives them, thresholds by stretches, and their replay.
TEST_F(Measuring, TheEventTableIsTheReplayOfItsScores) {
  const TestFolder out;
  const MPackage before = box();
  const Manifest manifest = measure(before, out / "box.mpkg").manifest;
  std::vector<ScoredNetwork> networks;
  for (const Candidate& candidate : before.manifest().candidates) networks.push_back({&before, &candidate});
  const std::vector<Recording> recordings =
      score_networks(small_base(), networks, data(), read_labels(data().labels), options(), "");
  for (std::size_t i = 0; i < networks.size(); ++i) {
    const Candidate& candidate = manifest.candidates[i];
    SCOPED_TRACE(candidate.id);
    const EventThreshold chosen = choose_event_threshold(recordings[i]);
    EXPECT_EQ(candidate.threshold, chosen.threshold);
    Recording unseen{{}, recordings[i].truth, recordings[i].fps};
    double found = 0, alarms = 0;
    for (std::size_t frame = 0; frame < kFrames; ++frame) {
      unseen.scores.push_back(chosen.unseen[frame] ? 1.0F : 0.0F);
      (unseen.truth[frame] ? found : alarms) += chosen.unseen[frame] ? 1 : 0;
    }
    EXPECT_NEAR(candidate.tpr, found / 90, 1e-9);
    EXPECT_NEAR(candidate.fpr, alarms / 150, 1e-9);
    EXPECT_NEAR(candidate.top1, (found + 150 - alarms) / kFrames, 1e-9) << "two classes";
    const auto table = replay_table(unseen, 0.5F, manifest.event.merge_gap_ms / 1000);
    ASSERT_EQ(candidate.measured.size(), table.size());
    for (std::size_t row = 0; row < table.size(); ++row) {
      EXPECT_EQ(candidate.measured[row].fps, table[row].fps);
      EXPECT_EQ(candidate.measured[row].votes, table[row].votes);
      EXPECT_EQ(candidate.measured[row].f1, table[row].f1);
      EXPECT_EQ(candidate.measured[row].f1_error, table[row].f1_error);
    }
  }
}

TEST_F(Measuring, FindsEventsWherePromisesDidNotHold) {
  const TestFolder out;
  const MPackage package = changed(out / "off.mpkg", [](Manifest& manifest) {
    for (Candidate& candidate : manifest.candidates) {
      candidate.threshold = 0;  // every frame is positive
      candidate.fpr = 0;
    }
  });
  const Measurement result = measure(package, out / "box.mpkg");
  double best = 0, always_on = 0;
  for (std::size_t i = 0; i < result.before.size(); ++i) {
    const auto full = [](const std::vector<MeasuredQuality>& table) { return table[table.size() - 5].f1; };
    EXPECT_EQ(result.before[i].promised.fpr, 0);
    EXPECT_EQ(result.before[i].fpr, 1);
    always_on = std::max(always_on, full(result.before[i].measured));
    best = std::max(best, full(result.manifest.candidates[i].measured));
  }
  EXPECT_GT(best, 0.9);
  EXPECT_LT(always_on, best - 0.1);
}

TEST_F(Measuring, PartsOfTheClipAreMeasured) {
  const TestFolder out;
  ClipData parts = data();
  parts.frames = {{0, 79}, {120, 199}};
  const Manifest manifest = measure(box(), out / "box.mpkg", parts).manifest;
  EXPECT_EQ(manifest.candidates.front().validation_size, 160);
  EXPECT_EQ(manifest.measured_on->frames, parts.frames);
}

// Labels say that an event is there, not which of three classes is shown.
TEST_F(Measuring, Top1OfSeveralClassesStaysThatOfThePictures) {
  const TestFolder out;
  PictureData pictures;
  pictures.folder = out / "pictures";
  write_pictures(pictures.folder);
  std::filesystem::create_directories(pictures.folder / "other");
  for (const auto& file : std::filesystem::directory_iterator(pictures.folder / "none")) {
    std::filesystem::copy(file.path(), pictures.folder / "other" / file.path().filename());
  }
  pictures.positive = {"box"};
  (void)train_from_pictures(small_base(), pictures, {"box", out / "three.mpkg"}, training());
  const MPackage before = MPackage::open(out / "three.mpkg");
  const Manifest manifest = measure(before, out / "box.mpkg").manifest;
  ASSERT_EQ(manifest.classes.size(), 3U);
  for (std::size_t i = 0; i < manifest.candidates.size(); ++i) {
    EXPECT_EQ(manifest.candidates[i].top1, before.manifest().candidates[i].top1);
    EXPECT_FALSE(manifest.candidates[i].measured.empty());
  }
}

TEST_F(Measuring, NumberTypesAreMeasuredAsListedAndOffered) {
  const TestFolder out;
  const AnswerQuality promised{0.25F, 1, 1, 0, {}, {}, {}, {}};
  const MPackage package = changed(out / "listed.mpkg", [&](Manifest& manifest) {
    for (Candidate& candidate : manifest.candidates)
      candidate.number_types[{NumberType::bf16, NumberType::f32}] = promised;
  });
  const Manifest without = measure(package, out / "without.mpkg").manifest;
  for (const Candidate& candidate : without.candidates)
    EXPECT_TRUE(candidate.number_types.empty()) << "the base does not offer it";
  if (!processor_has(NumberType::bf16)) GTEST_SKIP() << "this processor does not compute in bf16";

  Base base = small_base();
  base.agreement[NumberType::bf16] = {.top1 = 1, .inputs = 1};
  const Manifest with = measure(package, out / "with.mpkg", data(), base).manifest;
  for (const Candidate& candidate : with.candidates) {
    ASSERT_EQ(candidate.number_types.size(), 1U);
    const AnswerQuality& bf16 = candidate.number_types.begin()->second;
    EXPECT_EQ(bf16.measured.size(), candidate.measured.size());
    EXPECT_NEAR(bf16.tpr, candidate.tpr, 0.2);
    EXPECT_NE(bf16.threshold, promised.threshold);
  }
}

// Figures of the clip on which it was measured are replaced by those of another one.
TEST_F(Measuring, AMeasuredPackageCanBeMeasuredAgain) {
  const TestFolder out;
  const Manifest once = measure(box(), out / "once.mpkg").manifest;
  const Manifest twice = measure(MPackage::open(out / "once.mpkg"), out / "twice.mpkg").manifest;
  EXPECT_EQ(to_json(twice), to_json(once));
}

TEST_F(Measuring, RefusesWhatCannotBeMeasured) {
  const TestFolder out;
  const auto named = [&](const std::string& app) {
    return changed(out / (app + ".mpkg"), [&](Manifest& manifest) { manifest.app = app; });
  };
  const auto output = out / "out" / "app.mpkg";
  EXPECT_ERROR(usage, measure(named("dog"), output), "dog");
  EXPECT_ERROR(untrusted, measure(named("never"), output), "\"never\" has no event in frames 0..239");
  EXPECT_ERROR(untrusted, measure(named("always"), output), "\"always\" is present all the time");
  EXPECT_ERROR(untrusted, measure(named("once"), output), "\"once\" has one event");
  EXPECT_ERROR(untrusted, measure(box(), output, data(), small_base(6)), "made for base");
  ClipData few = data();
  few.labels = out / "few.csv";
  write_file(few.labels, "frame,box\n0,0\n1,1\n2,0\n3,1\n");
  EXPECT_ERROR(untrusted, measure(box(), output, few), "labels for 4");
  ClipData none = data();
  none.video = (out / "none.avi").string();
  EXPECT_ERROR(unreadable, measure(box(), output, none), "none.avi");
  EXPECT_FALSE(std::filesystem::exists(out / "out")) << "nothing is written";
}

TEST_F(Measuring, RefusesOutputsThatWouldOverwrite) {
  const TestFolder out;
  const MPackage other = changed(out / "other.mpkg", [](Manifest& manifest) { manifest.app = "other"; });
  const auto measure_all = [&](const std::vector<MeasureTarget>& targets) {
    (void)measure_on_clip(small_base(), targets, data(), options());
  };
  const auto file = out / "new.mpkg";
  EXPECT_ERROR(usage, measure_all({{other, out / "." / "other.mpkg"}}),
               "is one of the packages that are measured");
  EXPECT_ERROR(usage, measure_all({{box(), file}, {other, file}}), "would both be written to");
  EXPECT_ERROR(usage, measure_all({{box(), file}, {box(), out / "two.mpkg"}}), "are both of app \"box\"");
  EXPECT_ERROR(usage, measure_all({}), "no package");
  EXPECT_EQ(out.names(), std::vector<std::string>{"other.mpkg"});
}

}  // namespace
}  // namespace mainstream
