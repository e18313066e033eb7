// M-Trainer from end to end, on made-up clips and pictures.
#include "mainstream/trainer.hpp"
#include "media/pixels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "core/file.hpp"
#include "core/json.hpp"
#include "core/testing.hpp"
#include "event/replay.hpp"
#include "mainstream/calibration.hpp"
#include "mainstream/media.hpp"
#include "media/test_clip.hpp"
#include "train/test_base.hpp"
#include "train/validation/rate_interval.hpp"

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
    options.learning_rate = 1e-3;
    options.threads = 1;
    options.created = "2024-01-01T00:00:00Z";
    return options;
  }
  static TrainOptions exits_only() {
    TrainOptions exits = options();
    exits.candidates = CandidateChoice::exits;
    return exits;
  }
  static std::vector<Manifest> train(const std::vector<AppTarget>& targets,
                                     const TrainOptions& how = options()) {
    return train_from_clip(small_base(), data(), targets, how);
  }

  static TestFolder* folder_;
};
TestFolder* ClipTraining::folder_ = nullptr;

void expect_to_find_events(const Candidate& candidate) {
  SCOPED_TRACE(candidate.id);
  EXPECT_EQ(candidate.validation_size, kFrames);
  EXPECT_GT(candidate.tpr, 0.9);
  EXPECT_LT(candidate.fpr, 0.1);
  EXPECT_GT(candidate.top1, 0.9);
  EXPECT_LT(candidate.tpr_interval.low, candidate.tpr);
  EXPECT_GE(candidate.tpr_interval.high, candidate.tpr);
  EXPECT_LE(candidate.fpr_interval.low, candidate.fpr);
  EXPECT_GT(candidate.fpr_interval.high, candidate.fpr);
  ASSERT_EQ(candidate.measured.size(), rate_grid(10).size() * std::size(kVotesGrid));
  EXPECT_EQ(candidate.measured.back().fps, 10);
  EXPECT_EQ(candidate.measured.back().votes, 7);
  EXPECT_GT(candidate.measured[candidate.measured.size() - 5].f1, 0.9) << "at 10 fps with one vote";
}

TEST_F(ClipTraining, TailsFindTheEvents) {
  const TestFolder out;
  TrainOptions tails = options();
  tails.candidates = CandidateChoice::tails;
  train({{"box", out / "box.mpkg"}}, tails);
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
    EXPECT_EQ(candidate.kind, CandidateKind::tail);
    expect_to_find_events(candidate);
  }
}

TEST_F(ClipTraining, ExitsFindTheEvents) {
  const TestFolder out;
  train({{"box", out / "box.mpkg"}}, exits_only());
  EXPECT_EQ(out.names(), (std::vector<std::string>{"box.mpkg"}));

  const Base base = small_base();
  const MPackage package = MPackage::open(out / "box.mpkg");
  package.verify(base);
  const std::vector<Candidate>& candidates = package.manifest().candidates;
  EXPECT_EQ(candidates.front().frozen_layers, base.layers());
  const auto is_last_alone = [&](const Candidate& candidate) {
    return candidate.reads == std::vector<std::string>{base.features};
  };
  EXPECT_TRUE(std::ranges::any_of(candidates, is_last_alone)) << "max-sharing needs it";
  EXPECT_TRUE(std::ranges::any_of(candidates, [](const Candidate& one) { return one.reads.size() > 1; }));
  for (const Candidate& candidate : candidates) {
    EXPECT_EQ(candidate.kind, CandidateKind::exit);
    EXPECT_EQ(candidate.id, candidate_id(CandidateKind::exit, base, candidate.reads));
    EXPECT_GT(candidate.frozen_layers, 0);
    expect_to_find_events(candidate);
  }
}

// They are those on which the package's figures rest.
TEST_F(ClipTraining, UnseenAnswersAreWrittenForEachFrame) {
  const TestFolder out;
  train({{"box", out / "box.mpkg", out / "unseen.json"}}, exits_only());
  EXPECT_EQ(out.names(), (std::vector<std::string>{"box.mpkg", "unseen.json"}));
  const Json unseen = parse_json(read_file(out / "unseen.json"), "unseen.json");
  EXPECT_EQ(unseen["app"], "box");
  const Manifest manifest = MPackage::open(out / "box.mpkg").manifest();
  const auto best = std::ranges::find(manifest.candidates, std::string(unseen["candidate"]), &Candidate::id);
  ASSERT_NE(best, manifest.candidates.end());
  EXPECT_EQ(shortest_number(best->threshold), unseen["threshold"]);
  ASSERT_EQ(unseen["frames"].size(), static_cast<std::size_t>(kFrames));
  ASSERT_EQ(unseen["scores"].size(), static_cast<std::size_t>(kFrames));
  double found = 0, alarms = 0, present = 0;
  for (int frame = 0; frame < kFrames; ++frame) {
    const auto place = static_cast<std::size_t>(frame);
    EXPECT_EQ(unseen["frames"][place], frame);
    const bool positive = unseen["scores"][place] >= unseen["threshold"];
    present += is_present(frame) ? 1 : 0;
    (is_present(frame) ? found : alarms) += positive ? 1 : 0;
  }
  EXPECT_NEAR(best->tpr, found / present, 1e-9);
  EXPECT_NEAR(best->fpr, alarms / (kFrames - present), 1e-9);
}

// The engine's answers with the packed exits are those that the trainer promises, on the frames that it saw.
TEST_F(ClipTraining, PackedExitsAnswerAsTrained) {
  const TestFolder out;
  train({{"box", out / "box.mpkg"}}, exits_only());
  const std::vector<MPackage> packages = [&] {
    std::vector<MPackage> opened;
    opened.push_back(MPackage::open(out / "box.mpkg"));
    return opened;
  }();
  const auto results =
      evaluate_on_clip(small_base(), packages, data(), {.threads = 1, .stop = {}, .report = {}});
  ASSERT_EQ(results.size(), packages[0].manifest().candidates.size());
  for (const CandidateEvaluation& result : results) {
    SCOPED_TRACE(result.candidate);
    EXPECT_GT(result.area_under_roc.value(), 0.99);
    EXPECT_GT(result.tpr, 0.95);
    EXPECT_LT(result.fpr, 0.05);
    EXPECT_GT(result.f1.value(), 0.95);
    EXPECT_GE(result.best_f1.value(), result.f1.value());
    EXPECT_EQ(result.promised.tpr, packages[0].manifest().candidate(result.candidate).tpr);
  }
}

TEST_F(ClipTraining, TriesTailsOnlyWhereExitsLeaveRoom) {
  const TestFolder out;
  const Manifest manifest = train({{"box", out / "box.mpkg"}}).front();
  EXPECT_EQ(manifest.candidates.front().kind, CandidateKind::exit);
  EXPECT_EQ(std::ranges::count(manifest.candidates, CandidateKind::tail, &Candidate::kind), 0)
      << "exits find all there is to find";
}

TEST_F(ClipTraining, PoolsWhatDoesNotFitIntoMemory) {
  const TestFolder out;
  TrainOptions little = exits_only();
  little.memory = 100'000;  // whole tensors need a few times as much
  const Manifest manifest = train({{"box", out / "box.mpkg"}}, little).front();
  EXPECT_EQ(out.names(), (std::vector<std::string>{"box.mpkg"}));
  MPackage::open(out / "box.mpkg").verify(small_base());
  for (const Candidate& candidate : manifest.candidates) EXPECT_GT(candidate.tpr, 0.8) << candidate.id;
}

// Whether trained alone or beside others, in one go or after an interruption: the same bytes.
TEST_F(ClipTraining, TheSameSeedGivesTheSamePackage) {
  const TestFolder out;
  train({{"other", out / "alone.mpkg"}});  // no exit finds all of its events, so there are tails
  train({{"box", out / "box.mpkg"}, {"other", out / "beside.mpkg"}});
  EXPECT_EQ(read_file(out / "alone.mpkg"), read_file(out / "beside.mpkg"));

  std::stop_source stop;
  TrainOptions interrupted = options();
  interrupted.stop = stop.get_token();
  interrupted.report = [&](const TrainProgress& progress) {
    if (progress.note.find(": tail-0") != std::string::npos) stop.request_stop();
  };
  EXPECT_ERROR(failed, train({{"other", out / "resumed.mpkg"}}, interrupted), "stopped");
  const MPackage packed = MPackage::open(out / "resumed.mpkg");
  for (const Candidate& candidate : packed.manifest().candidates)
    EXPECT_EQ(candidate.kind, CandidateKind::exit) << "exits are packed before tails are trained";
  EXPECT_TRUE(std::filesystem::exists(out / "resumed.mpkg.work"));
  int trained_again = 0;
  TrainOptions resumed = options();
  resumed.report = [&](const TrainProgress& progress) {
    trained_again += progress.note.find(": tail-6") != std::string::npos ? 1 : 0;
  };
  train({{"other", out / "resumed.mpkg"}}, resumed);
  EXPECT_EQ(trained_again, 0);
  EXPECT_EQ(read_file(out / "alone.mpkg"), read_file(out / "resumed.mpkg"));
  EXPECT_FALSE(std::filesystem::exists(out / "resumed.mpkg.work"));

  TrainOptions other_seed = options();
  other_seed.seed = 2;
  train({{"other", out / "seed2.mpkg"}}, other_seed);
  EXPECT_NE(read_file(out / "alone.mpkg"), read_file(out / "seed2.mpkg"));
}

// Kept tails are of pictures that were prepared in the same way.
TEST_F(ClipTraining, AnotherPreparationOfThePicturesTrainsTailsAgain) {
  const TestFolder out;
  TrainOptions tails = options();
  tails.candidates = CandidateChoice::tails;
  tails.epochs = 1;
  tails.work = out / "work";
  int trained = 0;
  tails.report = [&](const TrainProgress& progress) {
    trained += progress.stage == "training tails" ? 1 : 0;
  };
  const auto trains = [&](const Base& base) {
    trained = 0;
    const AppTarget target{"box", out / "box.mpkg"};
    (void)train_from_clip(base, data(), std::span(&target, 1), tails);
    return trained > 0;
  };
  Base base = small_base();
  EXPECT_TRUE(trains(base));
  EXPECT_FALSE(trains(base));
  base.input.mean = {0, 0, 0};
  EXPECT_TRUE(trains(base));
}

TEST_F(ClipTraining, MeasuresCandidatesInTheNumberTypesThatTheBaseOffers) {
  if (!processor_has(NumberType::bf16) || !processor_has(NumberType::int8)) {
    GTEST_SKIP() << "this processor does not compute in bf16 and int8";
  }
  Base base = small_base();
  std::vector<std::vector<float>> inputs;
  InputScaler scaler(base.input);
  VideoReader video(clip().string());
  while (const auto frame = video.next()) scaler.scale(frame->picture, inputs.emplace_back(scaler.size()));
  base.ranges = measure_ranges(Engine({.threads = 1}), base.graph, inputs);
  base.agreement[NumberType::bf16] = base.agreement[NumberType::int8] = {.top1 = 1, .inputs = inputs.size()};

  const TestFolder out;
  const std::vector<AppTarget> targets{{"box", out / "box.mpkg"}, {"other", out / "other.mpkg"}};
  TrainOptions tails = options();
  tails.candidates = CandidateChoice::tails;
  const std::vector<Manifest> manifests = train_from_clip(base, data(), targets, tails);
  const std::vector<Manifest> exact = train({{"box", out / "exact.mpkg"}}, tails);
  const auto pairs_of = [](const Candidate& candidate) {
    std::vector<NumberTypes> pairs;
    for (const auto& [pair, quality] : candidate.number_types) pairs.push_back(pair);
    return pairs;
  };
  constexpr auto kF32 = NumberType::f32, kBf16 = NumberType::bf16, kInt8 = NumberType::int8;
  using Pairs = std::vector<NumberTypes>;
  const std::vector<Candidate>& candidates = manifests[0].candidates;
  EXPECT_EQ(pairs_of(candidates[0]), (Pairs{{kBf16, kF32}, {kInt8, kF32}})) << "only a head";
  EXPECT_EQ(pairs_of(candidates[1]), (Pairs{{kBf16, kBf16}, {kInt8, kF32}, {kInt8, kBf16}, {kInt8, kInt8}}));
  EXPECT_EQ(pairs_of(candidates[2]), (Pairs{{kF32, kBf16}, {kF32, kInt8}})) << "no stem";
  EXPECT_TRUE(candidates[0].ranges.empty());
  EXPECT_TRUE(candidates[1].ranges.contains(candidates[1].branchpoint));
  for (const Candidate& candidate : candidates) {
    for (const auto& [pair, quality] : candidate.number_types) {
      SCOPED_TRACE(candidate.branchpoint + ": " + to_string(pair));
      EXPECT_GT(quality.tpr, 0.9);
      EXPECT_LT(quality.fpr, 0.1);
      EXPECT_EQ(quality.measured.size(), candidate.measured.size());
    }
  }
  EXPECT_EQ(exact[0].candidates[1].tpr, candidates[1].tpr) << "f32 is as without";
  EXPECT_TRUE(exact[0].candidates[1].number_types.empty());

  const Manifest exits = train_from_clip(base, data(), std::span(targets).first(1), exits_only()).front();
  for (const Candidate& candidate : exits.candidates) {
    SCOPED_TRACE(candidate.id);
    EXPECT_EQ(pairs_of(candidate), (Pairs{{kBf16, kF32}, {kInt8, kF32}}));
    for (const auto& [pair, quality] : candidate.number_types) {
      EXPECT_GT(quality.tpr, 0.9);
      EXPECT_LT(quality.fpr, 0.1);
    }
  }
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
  many.frames = {{0, 99}};  // within both: fine
  EXPECT_EQ(
      train_from_clip(small_base(), many, target, exits_only()).front().candidates.front().validation_size,
      100);
  many.frames = {{0, 20}};
  EXPECT_ERROR(usage, train_from_clip(small_base(), many, target, exits_only()), "21 frames are too few");
  many.frames = {{100, 200}};
  EXPECT_ERROR(usage, train_from_clip(small_base(), many, target, options()), "within 0..124");
  many.frames = {{0, 49}, {40, 99}};
  EXPECT_ERROR(usage, train_from_clip(small_base(), many, target, options()),
               "0..49,40..99: expected parts that ascend");
  many.frames = {{0, 49}, {60, 109}};
  EXPECT_EQ(
      train_from_clip(small_base(), many, target, exits_only()).front().candidates.front().validation_size,
      100);

  ClipData no_video = data();
  no_video.video = (out / "few.csv").string();
  EXPECT_THROW((void)train_from_clip(small_base(), no_video, target, options()), Error);
  EXPECT_ERROR(usage, train({target[0], target[0]}), "duplicate app");
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
  [[nodiscard]] Manifest train(const PictureData& data,
                               CandidateChoice candidates = CandidateChoice::tails) const {
    TrainOptions options;
    options.candidates = candidates;
    options.branchpoint_count = 2;
    options.epochs = 20;
    options.threads = 1;
    options.created = "2024-01-01T00:00:00Z";
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
    EXPECT_TRUE(candidate.measured.empty());
  }
  MPackage::open(out_ / "colours.mpkg").verify(small_base());
  EXPECT_EQ(out_.names(), (std::vector<std::string>{"colours.mpkg"}));
}

TEST_F(PictureTraining, ExitsLearnClasses) {
  add_class("blue", 20, 20, 20);
  add_class("green", 20, 20, 200);
  add_class("red", 20, 200, 20);
  PictureData how = data();
  how.positive = {"red", "green"};
  const Manifest manifest = train(how, CandidateChoice::exits);
  EXPECT_EQ(manifest.candidates.front().kind, CandidateKind::exit);
  EXPECT_GT(manifest.candidates.size(), 1U);
  for (const Candidate& candidate : manifest.candidates) {
    SCOPED_TRACE(candidate.id);
    EXPECT_EQ(candidate.validation_size, 12);
    EXPECT_EQ(candidate.head, "average");
    EXPECT_EQ(candidate.top1, 1);
    EXPECT_GT(candidate.tpr, 0.9);
    EXPECT_LT(candidate.fpr, 0.1);
    EXPECT_LT(candidate.tpr_interval.low, candidate.tpr);
  }
  MPackage::open(out_ / "colours.mpkg").verify(small_base());
  const std::string bytes = read_file(out_ / "colours.mpkg");
  (void)train(how, CandidateChoice::exits);
  EXPECT_EQ(read_file(out_ / "colours.mpkg"), bytes) << "the same seed gives the same package";
}

TEST_F(PictureTraining, UsesTheFoldersOwnSplit) {
  add_class("train/a", 10, 20, 20);
  add_class("train/b", 10, 200, 20);
  add_class("val/a", 3, 20, 20);
  add_class("val/b", 4, 200, 20);
  EXPECT_EQ(train(data()).candidates.front().validation_size, 7);
  EXPECT_EQ(train(data(), CandidateChoice::exits).candidates.front().validation_size, 7);
}

TEST_F(PictureTraining, ThresholdsRiseWhereEventsAreRare) {
  add_class("absent", 20, 20, 20);
  add_class("present", 20, 200, 20);
  PictureData often = data(), rarely = data();
  often.event.frequency = 0.5;
  rarely.event.frequency = 0.01;
  const Manifest at_evens = train(often, CandidateChoice::exits),
                 of_rare = train(rarely, CandidateChoice::exits);
  for (std::size_t i = 0; i < of_rare.candidates.size(); ++i)
    EXPECT_GT(of_rare.candidates[i].threshold, at_evens.candidates[i].threshold) << of_rare.candidates[i].id;
}

// Four pictures of each class are left for validation, sixteen are learned from.
TEST_F(PictureTraining, MeasuresRatesOnMorePicturesThanAreLeftForValidation) {
  add_class("absent", 20, 20, 20);
  add_class("present", 20, 200, 20);
  const Candidate exit = train(data(), CandidateChoice::exits).candidates.front();
  EXPECT_EQ(exit.validation_size, 8);
  EXPECT_EQ(exit.tpr, 1);
  const std::vector<bool> four(4, true), sixteen(16, true);
  EXPECT_GT(exit.tpr_interval.low, interval_of_pictures(four, four, true).low);
  EXPECT_NEAR(exit.tpr_interval.low, interval_of_pictures(sixteen, sixteen, true).low, 1e-9);
}

// As Frigate and others keep them.
TEST_F(PictureTraining, TakesFoldersOfPngAndWebpAsTheyAre) {
  const auto make = [&](const std::string& name, const char* colour, const char* ending) {
    std::filesystem::create_directories(pictures_ / ("train/" + name));
    run_ffmpeg(fmt::format(
        "-f lavfi -i color={}:s=40x32,noise=alls=20:allf=t -frames:v 10 {} -f image2 'file:{}/%d.{}'", colour,
        ending == std::string("webp") ? "-c:v libwebp" : "", (pictures_ / ("train/" + name)).string(),
        ending));
  };
  make("none", "navy", "webp");
  make("parcel", "red", "png");
  const Manifest manifest = train(data(), CandidateChoice::exits);
  EXPECT_EQ(manifest.positive, (std::vector<std::string>{"parcel"}));
  EXPECT_EQ(manifest.candidates.front().validation_size, 4) << "all can be read";
  EXPECT_EQ(manifest.candidates.front().top1, 1);
}

// However many views are learned from: two views of a picture are not two pictures.
TEST_F(PictureTraining, EachPictureIsMeasuredOnce) {
  add_class("blue", 20, 20, 20);
  add_class("red", 20, 200, 20);
  TrainOptions options;
  options.candidates = CandidateChoice::exits;
  options.threads = 1;
  const auto interval_with = [&](int views) {
    options.views = views;
    const AppTarget target{"colours", out_ / "colours.mpkg"};
    const Manifest manifest = train_from_pictures(small_base(), data(), target, options);
    EXPECT_EQ(manifest.candidates.front().tpr, 1);
    return manifest.candidates.front().tpr_interval.low;
  };
  const double low = interval_with(1);
  EXPECT_EQ(interval_with(2), low);
  EXPECT_EQ(interval_with(4), low);
}

// Pictures of a node: the left half is blue, the right half red.
class JudgedTraining : public PictureTraining {
 protected:
  [[nodiscard]] std::vector<JudgedPicture> judged(int count, int per_occasion = 2) const {
    std::vector<JudgedPicture> pictures;
    for (int i = 0; i < count; ++i) {
      const std::filesystem::path path = pictures_ / fmt::format(".node/{}.jpg", i);
      std::vector<std::uint8_t> rgb(40 * 32 * 3);
      for (std::size_t p = 0; p < rgb.size(); ++p) {
        const bool right = p / 3 % 40 >= 20;
        const int value = p % 3 == 0 ? (right ? 200 : 20) : p % 3 == 1 ? 20 : 60;
        rgb[p] =
            static_cast<std::uint8_t>(value + static_cast<int>(p * 7919 + static_cast<std::size_t>(i)) % 20);
      }
      const std::vector<std::uint8_t> jpeg = encode_jpeg(picture_from_rgb(40, 32, rgb));
      std::filesystem::create_directories(path.parent_path());
      write_file(path, {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
      for (const bool positive : {true, false}) {
        pictures.push_back({path,
                            positive,
                            {positive ? 0.5 : 0.0, 0, 0.5, 1},
                            fmt::format("{}-{}", positive, i / per_occasion)});
      }
    }
    return pictures;
  }
};

TEST_F(JudgedTraining, VerdictsAloneMakeAnAppThatLooksAtItsRegion) {
  PictureData alone;
  alone.judged = judged(20);
  const Manifest manifest = train(alone, CandidateChoice::exits);
  EXPECT_EQ(manifest.classes, (std::vector<std::string>{"absent", "present"}));
  EXPECT_EQ(manifest.positive, (std::vector<std::string>{"present"}));
  // True and false ones are of the same pictures: only the region tells them apart.
  for (const Candidate& candidate : manifest.candidates) EXPECT_EQ(candidate.top1, 1) << candidate.id;
  EXPECT_EQ(train(alone).candidates.front().top1, 1);
  alone.judged = judged(20, 20);
  EXPECT_ERROR(usage, train(alone, CandidateChoice::exits), "at least 2 occasions of each kind");
}

TEST_F(JudgedTraining, VerdictsTeachBesideAFolderAndMeasureNothing) {
  add_class("a-blue", 10, 20, 20);
  add_class("b-red", 10, 200, 20);
  PictureData how = data();
  const std::string without = [&] {
    (void)train(how, CandidateChoice::exits);
    return read_file(out_ / "colours.mpkg");
  }();
  how.judged = judged(10);
  const Manifest manifest = train(how, CandidateChoice::exits);
  EXPECT_EQ(manifest.candidates.front().validation_size, 4) << "a fifth of the folder's own";
  EXPECT_EQ(manifest.candidates.front().top1, 1);
  EXPECT_NE(read_file(out_ / "colours.mpkg"), without);
  EXPECT_EQ(train(how).candidates.front().validation_size, 4);

  // Which of two positive classes a true event shows, a verdict does not tell.
  add_class("c-green", 10, 20, 200);
  how.judged.clear();
  (void)train(how, CandidateChoice::exits);
  const std::string three = read_file(out_ / "colours.mpkg");
  for (const JudgedPicture& picture : judged(10))
    if (picture.positive) how.judged.push_back(picture);
  (void)train(how, CandidateChoice::exits);
  EXPECT_EQ(read_file(out_ / "colours.mpkg"), three) << "so they are left out";
}

TEST_F(PictureTraining, RefusesWhatCannotBeLearned) {
  EXPECT_ERROR(usage, train(data()), "its class, got 0");
  add_class("a", 3, 20, 20);
  std::filesystem::create_directories(pictures_ / "empty");
  EXPECT_ERROR(usage, train(data()), "empty: class folder has no pictures");
  write_file(pictures_ / "empty/broken.jpg", "no picture");
  EXPECT_ERROR(untrusted, train(data()), "class empty has no readable picture");
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
