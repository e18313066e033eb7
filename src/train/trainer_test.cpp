// M-Trainer from end to end, on made-up clips and pictures.
#include "mainstream/trainer.hpp"

#include <fmt/format.h>

#include <fstream>

#include "core/file.hpp"
#include "core/testing.hpp"
#include "event/replay.hpp"
#include "mainstream/calibration.hpp"
#include "mainstream/media.hpp"
#include "media/test_clip.hpp"
#include "train/test_base.hpp"

namespace mainstream {
namespace {

constexpr int kFrames = 120;

// A square sits at the left of a moving grey picture in 15 of every 40 frames.
bool is_present(std::int64_t frame) {
  return frame % 40 >= 10 && frame % 40 < 25;
}

class ClipTraining : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TestFolder;
    run_ffmpeg(fmt::format(
        "-f lavfi -i "
        "\"color=black:s=96x64:r=10,format=gray,geq=lum='if(between(mod(N\\,40)\\,10\\,24)*between(X\\,8"
        "\\,30)*between(Y\\,20\\,44)\\,220\\,60+10*sin(X/5+N))'\" -frames:v {} -pix_fmt yuvj420p -c:v mjpeg "
        "-q:v 2 "
        "'file:{}'",
        kFrames, clip().string()));
    std::ofstream labels(*folder_ / "labels.csv");
    labels << "frame,box,other,never\n";
    for (int frame = 0; frame < kFrames; ++frame) {
      labels << frame << ',' << is_present(frame) << ',' << (frame % 60 < 20) << ",0\n";
    }
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static std::filesystem::path clip() { return *folder_ / "clip.avi"; }

  static ClipData data() {
    ClipData data;
    data.video = clip().string();
    data.labels = *folder_ / "labels.csv";
    return data;
  }
  static TrainOptions options() {
    TrainOptions options;
    options.branchpoint_count = 3;
    options.least_frozen = 0;
    options.epochs = 12;
    options.threads = 1;
    options.created = "2024-01-01T00:00:00Z";
    return options;
  }
  static std::vector<Manifest> train(const std::vector<AppTarget>& targets,
                                     const TrainOptions& how = options()) {
    return train_from_clip(small_base(), data(), targets, how);
  }

  static TestFolder* folder_;
};
TestFolder* ClipTraining::folder_ = nullptr;

TEST_F(ClipTraining, MakesAPackageThatFindsTheEvents) {
  const TestFolder out;
  train({{"box", out / "box.mpkg"}});
  EXPECT_EQ(out.names(), (std::vector<std::string>{"box.mpkg"}));

  const MPackage package = MPackage::open(out / "box.mpkg");
  package.verify(small_base());
  const Manifest& manifest = package.manifest();
  EXPECT_EQ(manifest.classes, (std::vector<std::string>{"absent", "present"}));
  EXPECT_EQ(manifest.positive, (std::vector<std::string>{"present"}));
  EXPECT_EQ(manifest.event.origin, EventModel::Origin::measured);
  EXPECT_NEAR(manifest.event.length_ms, 1500, 1e-6);
  EXPECT_NEAR(manifest.event.frequency, 45.0 / kFrames, 1e-9);
  ASSERT_EQ(manifest.candidates.size(), 3U);
  EXPECT_GT(manifest.candidates.front().frozen_layers, manifest.candidates.back().frozen_layers);
  EXPECT_EQ(manifest.candidates.back().frozen_layers, 0);
  for (const Candidate& candidate : manifest.candidates) {
    SCOPED_TRACE(candidate.branchpoint);
    EXPECT_EQ(candidate.validation_size, kFrames);
    EXPECT_GT(candidate.tpr, 0.9);
    EXPECT_LT(candidate.fpr, 0.1);
    EXPECT_GT(candidate.top1, 0.9);
    ASSERT_EQ(candidate.by_fps.size(), rate_grid(10).size());
    EXPECT_GT(candidate.by_fps.back().f1, 0.9);
    EXPECT_EQ(package.tail(candidate).outputs.size(), 1U);
  }
}

// Whether trained alone or beside others, in one go or after an interruption: the same bytes.
TEST_F(ClipTraining, TheSameSeedGivesTheSamePackage) {
  const TestFolder out;
  train({{"box", out / "alone.mpkg"}});
  train({{"other", out / "other.mpkg"}, {"box", out / "beside.mpkg"}});
  EXPECT_EQ(read_file(out / "alone.mpkg"), read_file(out / "beside.mpkg"));

  std::stop_source stop;
  TrainOptions interrupted = options();
  interrupted.stop = stop.get_token();
  interrupted.report = [&](const TrainProgress& progress) {
    if (progress.note.find("candidate 3 of 3") != std::string::npos) stop.request_stop();
  };
  EXPECT_ERROR(failed, train({{"box", out / "resumed.mpkg"}}, interrupted), "stopped");
  EXPECT_FALSE(std::filesystem::exists(out / "resumed.mpkg"));
  EXPECT_TRUE(std::filesystem::exists(out / "resumed.mpkg.work"));
  int trained_again = 0;
  TrainOptions resumed = options();
  resumed.report = [&](const TrainProgress& progress) {
    trained_again += progress.note.find("candidate 1 of 3") != std::string::npos ? 1 : 0;
  };
  train({{"box", out / "resumed.mpkg"}}, resumed);
  EXPECT_EQ(trained_again, 0);
  EXPECT_EQ(read_file(out / "alone.mpkg"), read_file(out / "resumed.mpkg"));
  EXPECT_FALSE(std::filesystem::exists(out / "resumed.mpkg.work"));

  TrainOptions other_seed = options();
  other_seed.seed = 2;
  train({{"box", out / "seed2.mpkg"}}, other_seed);
  EXPECT_NE(read_file(out / "alone.mpkg"), read_file(out / "seed2.mpkg"));
}

TEST_F(ClipTraining, MeasuresCandidatesInThePrecisionsThatTheBaseOffers) {
  if (!processor_has(Precision::bf16) || !processor_has(Precision::int8)) {
    GTEST_SKIP() << "this processor does not compute in bf16 and int8";
  }
  Base base = small_base();
  std::vector<std::vector<float>> inputs;
  InputScaler scaler(base.input);
  VideoReader video(clip().string());
  while (const auto frame = video.next()) scaler.scale(frame->picture, inputs.emplace_back(scaler.size()));
  base.ranges = measure_ranges(Engine({.threads = 1}), base.graph, inputs);
  base.agreement[Precision::bf16] = base.agreement[Precision::int8] = {.top1 = 1, .inputs = inputs.size()};

  const TestFolder out;
  const std::vector<AppTarget> targets{{"box", out / "box.mpkg"}, {"other", out / "other.mpkg"}};
  const std::vector<Manifest> manifests = train_from_clip(base, data(), targets, options());
  const std::vector<Manifest> exact = train({{"box", out / "exact.mpkg"}});
  const auto pairs_of = [](const Candidate& candidate) {
    std::vector<PrecisionPair> pairs;
    for (const auto& [pair, quality] : candidate.precisions) pairs.push_back(pair);
    return pairs;
  };
  constexpr auto kF32 = Precision::f32, kBf16 = Precision::bf16, kInt8 = Precision::int8;
  using Pairs = std::vector<PrecisionPair>;
  const std::vector<Candidate>& candidates = manifests[0].candidates;
  EXPECT_EQ(pairs_of(candidates[0]), (Pairs{{kBf16, kF32}, {kInt8, kF32}})) << "only a head";
  EXPECT_EQ(pairs_of(candidates[1]), (Pairs{{kBf16, kBf16}, {kInt8, kF32}, {kInt8, kBf16}, {kInt8, kInt8}}));
  EXPECT_EQ(pairs_of(candidates[2]), (Pairs{{kF32, kBf16}, {kF32, kInt8}})) << "no stem";
  EXPECT_TRUE(candidates[0].ranges.empty());
  EXPECT_TRUE(candidates[1].ranges.contains(candidates[1].branchpoint));
  for (const Candidate& candidate : candidates) {
    for (const auto& [pair, quality] : candidate.precisions) {
      SCOPED_TRACE(candidate.branchpoint + ": " + to_string(pair));
      EXPECT_GT(quality.tpr, 0.9);
      EXPECT_LT(quality.fpr, 0.1);
      EXPECT_EQ(quality.by_fps.size(), rate_grid(10).size());
    }
  }
  EXPECT_EQ(exact[0].candidates[1].tpr, candidates[1].tpr) << "f32 is as without";
  EXPECT_TRUE(exact[0].candidates[1].precisions.empty());
  for (const AppTarget& target : targets) MPackage::open(target.package).verify(base);
}

TEST_F(ClipTraining, RefusesLabelsThatDoNotFit) {
  const TestFolder out;
  const std::vector<AppTarget> target{{"box", out / "box.mpkg"}};
  EXPECT_ERROR(usage, train({{"dog", out / "dog.mpkg"}}), "box");
  EXPECT_ERROR(usage, train({{"never", out / "never.mpkg"}}), "never is absent in every frame");

  ClipData few = data();
  few.labels = out / "few.csv";
  write_file(few.labels, "frame,box\n0,0\n1,1\n2,0\n");
  EXPECT_ERROR(untrusted, train_from_clip(small_base(), few, target, options()), "labels for 3");
  ClipData many = data();
  many.labels = out / "many.csv";
  std::string rows = "frame,box\n";
  for (int frame = 0; frame < kFrames + 5; ++frame)
    rows += fmt::format("{},{}\n", frame, is_present(frame) ? 1 : 0);
  write_file(many.labels, rows);
  EXPECT_ERROR(untrusted, train_from_clip(small_base(), many, target, options()), "has 120 frames");
  many.frames = FrameRange{0, 99};  // within both: fine
  EXPECT_EQ(train_from_clip(small_base(), many, target, options()).front().candidates.front().validation_size,
            100);
  many.frames = FrameRange{100, 200};
  EXPECT_ERROR(usage, train_from_clip(small_base(), many, target, options()), "labels for 0..124");

  ClipData no_video = data();
  no_video.video = (out / "few.csv").string();
  EXPECT_THROW((void)train_from_clip(small_base(), no_video, target, options()), Error);
  EXPECT_ERROR(usage, train({target[0], target[0]}), "twice");
}

class PictureTraining : public testing::Test {
 protected:
  // Pictures of one colour with noise, as JPEG.
  static void add(const std::filesystem::path& path, int red, int green, int noise) {
    std::vector<std::uint8_t> rgb(40 * 32 * 3);
    for (std::size_t i = 0; i < rgb.size(); ++i) {
      const int value = (i % 3 == 0   ? red
                         : i % 3 == 1 ? green
                                      : 60) +
                        static_cast<int>(i * 7919 + noise) % 20;
      rgb[i] = static_cast<std::uint8_t>(value);
    }
    const std::vector<std::uint8_t> jpeg = encode_jpeg(picture_from_rgb(40, 32, rgb));
    std::filesystem::create_directories(path.parent_path());
    write_file(path, {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
  }
  void add_class(const std::string& folder, int count, int red, int green) {
    for (int i = 0; i < count; ++i) add(pictures_ / (folder + fmt::format("/{}.jpg", i)), red, green, i);
  }
  [[nodiscard]] Manifest train(const PictureData& data) const {
    TrainOptions options;
    options.branchpoint_count = 2;
    options.epochs = 20;
    options.threads = 1;
    return train_from_pictures(small_base(), data, {"colours", out_ / "colours.mpkg"}, options);
  }
  [[nodiscard]] PictureData data() const {
    PictureData data;
    data.folder = pictures_.path();
    return data;
  }

  TestFolder pictures_, out_;
};

TEST_F(PictureTraining, LearnsClassesFromFoldersWithASeededSplit) {
  add_class("blue", 20, 20, 20);
  add_class("green", 20, 20, 200);
  add_class("red", 20, 200, 20);
  write_file(pictures_ / "red/broken.jpg", "no picture");
  PictureData how = data();
  how.positive = {"red"};
  const Manifest manifest = train(how);
  EXPECT_EQ(manifest.classes, (std::vector<std::string>{"blue", "green", "red"}));
  EXPECT_EQ(manifest.positive, (std::vector<std::string>{"red"}));
  EXPECT_EQ(manifest.event.origin, EventModel::Origin::defaults);
  EXPECT_EQ(manifest.candidates.size(), 2U);
  for (const Candidate& candidate : manifest.candidates) {
    EXPECT_GE(candidate.validation_size, 11);  // a fifth of each class, perhaps less the broken one
    EXPECT_GT(candidate.top1, 0.9);
    EXPECT_GT(candidate.tpr, 0.9);
    EXPECT_TRUE(candidate.by_fps.empty());
  }
  MPackage::open(out_ / "colours.mpkg").verify(small_base());
  EXPECT_EQ(out_.names(), (std::vector<std::string>{"colours.mpkg"}));
}

TEST_F(PictureTraining, UsesTheFoldersOwnSplit) {
  add_class("train/a", 10, 20, 20);
  add_class("train/b", 10, 200, 20);
  add_class("val/a", 3, 20, 20);
  add_class("val/b", 4, 200, 20);
  EXPECT_EQ(train(data()).candidates.front().validation_size, 7);
}

TEST_F(PictureTraining, RefusesWhatCannotBeLearned) {
  EXPECT_ERROR(usage, train(data()), "0 class folder");
  add_class("a", 3, 20, 20);
  std::filesystem::create_directories(pictures_ / "empty");
  EXPECT_ERROR(usage, train(data()), "empty: a class without pictures");
  write_file(pictures_ / "empty/broken.jpg", "no picture");
  EXPECT_ERROR(untrusted, train(data()), "class empty has no picture that can be read");
  PictureData unknown = data();
  unknown.positive = {"dog"};
  EXPECT_ERROR(usage, train(unknown), "a, empty");
  PictureData missing = data();
  missing.folder = pictures_ / "missing";
  EXPECT_ERROR(unreadable, train(missing), "missing");
  EXPECT_FALSE(std::filesystem::exists(out_ / "colours.mpkg"));
}

}  // namespace
}  // namespace mainstream
