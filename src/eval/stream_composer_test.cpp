#include "eval/stream_composer.hpp"

#include <set>

#include "core/json.hpp"
#include "eval/stream_testing.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;

const std::vector<std::string> kColours{"blue", "green", "red"};

ComposeOptions options_for(std::vector<std::string> apps) {
  ComposeOptions options;
  options.apps = std::move(apps);
  options.width = options.height = 64;
  options.seconds = 60;
  return options;
}

TEST(PictureSetsTest, StreamsAndTrainingShareNoPicture) {
  const TestFolder folder;
  write_colours(folder / "apart", {"train", "val"}, 3);
  write_colours(folder / "one", {"."}, 10);
  const PictureSets apart = read_picture_sets({folder / "apart"}, 1);
  EXPECT_THAT(apart.names(), ElementsAre("blue", "green", "red"));
  EXPECT_THAT(apart.parts, ElementsAre(testing::EndsWith("apart: val/")));
  for (const auto& path : apart.of("red").streams)
    EXPECT_THAT(path.string(), testing::HasSubstr("/val/red/"));
  const PictureSets one = read_picture_sets({folder / "one"}, 1);
  EXPECT_THAT(one.parts, ElementsAre(testing::EndsWith("one: a fifth, by seed 1")));
  for (const PictureClass& colour : one.classes) {
    EXPECT_EQ(colour.training.size(), 8U);
    EXPECT_EQ(colour.streams.size(), 2U);
    std::set<std::filesystem::path> all(colour.training.begin(), colour.training.end());
    all.insert(colour.streams.begin(), colour.streams.end());
    EXPECT_EQ(all.size(), 10U);
  }
  EXPECT_NE(read_picture_sets({folder / "one"}, 2).of("red").streams, one.of("red").streams);
  EXPECT_ERROR(usage, read_picture_sets({folder / "one", folder / "apart"}, 1),
               "class \"blue\" is also in another folder");
  EXPECT_ERROR(usage, one.of("pink"), "no class \"pink\", expected one of: blue, green, red");
}

TEST(PictureSetsTest, PartsOfStreamsShareNoPicture) {
  const TestFolder folder;
  write_colours(folder / "apart", {"train", "val"}, 7);
  const PictureSets sets = read_picture_sets({folder / "apart"}, 1);
  const auto [most, rest] = part_streams(sets, 1);
  for (const char* colour : {"blue", "green", "red"}) {
    EXPECT_EQ(most.of(colour).streams.size(), 5U);
    EXPECT_EQ(rest.of(colour).streams.size(), 2U);
    std::set<std::filesystem::path> all(most.of(colour).streams.begin(), most.of(colour).streams.end());
    all.insert(rest.of(colour).streams.begin(), rest.of(colour).streams.end());
    EXPECT_EQ(all.size(), 7U);
  }
  write_colours(folder / "few", {"train", "val"}, 1);
  EXPECT_ERROR(usage, part_streams(read_picture_sets({folder / "few"}, 1), 1),
               "class \"blue\": expected at least 2 pictures for streams, got 1");
}

TEST(PictureSetsTest, OneClassAgainstAnEvenRest) {
  const TestFolder folder;
  write_colours(folder / "one", {"."}, 10);
  const PictureSets sets = read_picture_sets({folder / "one"}, 1);
  link_one_against_rest(sets, "red", 8, 1, folder / "red");
  const auto colours_in = [&](const char* name) {
    std::multiset<std::string> colours;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "red" / name))
      colours.insert(std::filesystem::read_symlink(entry.path()).parent_path().filename().string());
    return colours;
  };
  EXPECT_THAT(colours_in("red"), ElementsAre("red", "red", "red", "red"));
  EXPECT_THAT(colours_in("rest"), ElementsAre("blue", "blue", "green", "green"));
  link_one_against_rest(sets, "red", 100, 1, folder / "red");  // what there is
  EXPECT_EQ(colours_in("red").size(), 8U);
  EXPECT_EQ(colours_in("rest").size(), 16U);
}

TEST(StretchesTest, HaveTheAskedLengthsAndFrequencies) {
  ComposeOptions options = options_for({"red", "green"});
  options.seconds = 2000;
  options.frequency = 0.3;
  options.event_ms = {200, 1000};
  options.other_ms = {500, 3000};
  const std::vector<Stretch> stretches = draw_stretches(kColours, options);
  const Labels labels = labels_of(stretches, kColours, options);
  EXPECT_NEAR(static_cast<double>(labels.frames), 2000 * 14, 1200);
  EXPECT_EQ(labels.apps.size(), 2U);
  for (const auto& [app, truth] : labels.apps) {
    EXPECT_NEAR(std::ranges::count(truth, true) / static_cast<double>(labels.frames), 0.3, 0.03) << app;
    std::set<std::int64_t> lengths;
    for (const FrameRange& event : runs_of(truth, 0, labels.frames))
      lengths.insert(event.last - event.first + 1);
    EXPECT_EQ(*lengths.begin(), 3);    // 200 ms at 14 frames per second
    EXPECT_EQ(*lengths.rbegin(), 14);  // so no two events touch
  }
  std::int64_t next = 0;
  for (const Stretch& stretch : stretches) {
    EXPECT_EQ(stretch.frames.first, next);
    next = stretch.frames.last + 1;
  }
}

TEST(StretchesTest, AllClassesMayHaveApps) {
  const auto stretches = draw_stretches(kColours, options_for(kColours));
  for (std::size_t i = 1; i < stretches.size(); ++i) EXPECT_NE(stretches[i].shown, stretches[i - 1].shown);
}

TEST(StretchesTest, RefusesWhatCannotBeComposed) {
  const auto refused = [](auto change, const char* message) {
    ComposeOptions options = options_for({"red"});
    change(options);
    EXPECT_ERROR(usage, draw_stretches(kColours, options), message);
  };
  refused([](auto& o) { o.apps = {"pink"}; }, "no class \"pink\", expected one of: blue, green, red");
  refused([](auto& o) { o.apps.clear(); }, "--app: expected at least one class");
  refused([](auto& o) { o.event_ms = {500, 100}; }, "--event-ms: expected a shortest and a longest");
  refused([](auto& o) { o.frequency = 1.5; }, "expected above 0 and at most 1 for each, got 1.5");
  refused([](auto& o) { o.frequency = 0.9; }, "they touch");
  refused([](auto& o) { o.fps = 0; }, "--fps: expected above 0");
  refused(
      [](auto& o) {
        o.apps = kColours;
        o.frequency = 0.1;
      },
      "3 apps of 3 classes share the time, so expected just 0.3333 for each");
}

std::vector<int> mean_colour(const Picture& picture) {
  const std::vector<std::uint8_t> rgb = to_rgb(picture);
  std::vector<int> sums(3);
  for (std::size_t i = 0; i < rgb.size(); ++i) sums[i % 3] += rgb[i];
  for (int& sum : sums) sum /= static_cast<int>(rgb.size() / 3);
  return sums;
}

TEST(ComposerTest, EachFrameShowsItsClassAndNoOther) {
  const TestFolder folder;
  write_colours(folder / "colours", {"train", "val"}, 4);
  const PictureSets sets = read_picture_sets({folder / "colours"}, 1);
  ComposeOptions options = options_for({"red", "green"});
  options.seconds = 20;
  const ComposedStream files = compose_stream(sets, options, folder / "stream", {});
  const Labels labels = read_labels(files.labels);
  VideoReader reader(files.video);
  EXPECT_NEAR(reader.info().fps, 14, 0.01);
  std::int64_t frames = 0;
  while (const auto frame = reader.next()) {
    const std::vector<int> colour = mean_colour(frame->picture);
    const auto at = static_cast<std::size_t>(frames++);
    EXPECT_EQ(labels.of("red").at(at), colour[0] > 150) << at;
    EXPECT_EQ(labels.of("green").at(at), colour[1] > 130) << at;
  }
  EXPECT_EQ(frames, labels.frames);
  const Json record = parse_json(read_file(files.record), "record");
  EXPECT_EQ(record["stretches"].back()["last"], labels.frames - 1);
  EXPECT_THAT(record["stretches"][0]["pictures"][0].get<std::string>(), testing::HasSubstr("/val/"));
}

TEST(ComposerTest, TheSameSeedGivesTheSameStream) {
  const TestFolder folder;
  write_colours(folder / "colours", {"train", "val"}, 2);
  const PictureSets sets = read_picture_sets({folder / "colours"}, 1);
  ComposeOptions options = options_for({"red"});
  options.seconds = 3;
  (void)compose_stream(sets, options, folder / "a", {});
  (void)compose_stream(sets, options, folder / "b", {});
  for (const char* name : {"stream.mp4", "labels.csv", "stream.json"})
    EXPECT_EQ(read_file(folder / "a" / name), read_file(folder / "b" / name)) << name;
  options.seed = 2;
  (void)compose_stream(sets, options, folder / "c", {});
  EXPECT_NE(read_file(folder / "a/labels.csv"), read_file(folder / "c/labels.csv"));
}

TEST(ComposerTest, NeighbouringFramesDifferALittle) {
  const TestFolder folder;
  write_colours(folder / "colours", {"train", "val"}, 1);
  const PictureSets sets = read_picture_sets({folder / "colours"}, 1);
  ComposeOptions options = options_for({"red"});
  options.seconds = 5;
  const ComposedStream files = compose_stream(sets, options, folder / "stream", {});
  VideoReader reader(files.video);
  std::set<int> reds;
  while (const auto frame = reader.next()) {
    const int red = mean_colour(frame->picture)[0];
    if (red > 150) reds.insert(red);
  }
  EXPECT_GT(reds.size(), 3U);                     // the light changes
  EXPECT_LT(*reds.rbegin() - *reds.begin(), 60);  // a little
}

}  // namespace
}  // namespace mainstream
