#include "core/file.hpp"
#include "core/testing.hpp"
#include "event/frame_parts.hpp"
#include "mainstream/event.hpp"

namespace mainstream {
namespace {

using testing::ElementsAre;

Labels parse(const std::string& text) {
  const TestFolder folder;
  write_file(folder / "labels.csv", text);
  return read_labels(folder / "labels.csv");
}

TEST(LabelsTest, ReadsFramesAndApps) {
  const Labels labels = parse("frame,near road,crowd\n0,0,1\n1,1,0\n2,1,0\n");
  EXPECT_EQ(labels.frames, 3);
  EXPECT_THAT(labels.of("near road"), ElementsAre(false, true, true));
  EXPECT_THAT(labels.of("crowd"), ElementsAre(true, false, false));
  EXPECT_ERROR(usage, labels.of("croud"), "app \"croud\" has no labels, expected one of: crowd, near road");
}

TEST(LabelsTest, ReadsWhatSpreadsheetsWrite) {
  EXPECT_THAT(parse("\xEF\xBB\xBF"
                    "frame,a\r\n0,1\r\n1,0")
                  .of("a"),
              ElementsAre(true, false));
}

TEST(LabelsTest, RefusesWhatIsMalformedAndTellsWhere) {
  EXPECT_ERROR(untrusted, parse(""), "labels.csv:1: column 1: the header must be frame,APP,..");
  EXPECT_ERROR(untrusted, parse("time,a\n0,1\n"), "labels.csv:1: column 1: the header");
  EXPECT_ERROR(untrusted, parse("frame\n0\n"), "names no app");
  EXPECT_ERROR(untrusted, parse("frame,a,\n0,1,1\n"), ":1: column 3: an app without a name");
  EXPECT_ERROR(untrusted, parse("frame,a,a\n0,1,1\n"), ":1: column 3: app \"a\" stands twice");
  EXPECT_ERROR(untrusted, parse("frame,a\n"), "labels.csv: has no rows");
  EXPECT_ERROR(untrusted, parse("frame,a\n0,1\n2,1\n"), ":3: column 1: frame \"2\", expected 1");
  EXPECT_ERROR(untrusted, parse("frame,a\n1,1\n"), ":2: column 1: frame \"1\", expected 0");
  EXPECT_ERROR(untrusted, parse("frame,a\n0,1\n\n"), ":3: column 1: frame \"\"");
  EXPECT_ERROR(untrusted, parse("frame,a,b\n0,1,2\n"), ":2: column 3: \"2\", expected 0 or 1");
  EXPECT_ERROR(untrusted, parse("frame,a,b\n0,1\n"), ":2: column 2: \"\", expected 0 or 1");
  EXPECT_ERROR(untrusted, parse("frame,a\n0,1,1\n"), ":2: column 3: more than 2 fields");
  EXPECT_ERROR(unreadable, read_labels("/nowhere/labels.csv"), "/nowhere/labels.csv");
}

TEST(LabelsTest, ManyColumnsTakeLinearTime) {
  std::string header = "frame", row = "0";
  for (int i = 0; i < 200'000; ++i) {
    header += ",a" + std::to_string(i);
    row += ",1";
  }
  const double start = processor_seconds();
  EXPECT_EQ(parse(header + "\n" + row + "\n").apps.size(), 200'000U);
  EXPECT_LT(processor_seconds() - start, 5);
}

TEST(LabelsTest, NamesCannotControlATerminal) {
  EXPECT_ERROR(untrusted, parse("frame,a\xc2\x9b\n0,1\n"), "app \"a\\u009b\" holds \\u009b");
}

TEST(LabelsTest, WritesWhatItReads) {
  const TestFolder folder;
  const std::string text = "frame,crowd,near road\n0,1,0\n1,0,1\n2,0,1\n";
  write_labels(folder / "labels.csv", parse(text));
  EXPECT_EQ(read_file(folder / "labels.csv"), text);
  Labels labels = parse(text);
  labels.apps["a,b"] = labels.apps["crowd"];
  EXPECT_ERROR(usage, write_labels(folder / "labels.csv", labels),
               "app 'a,b': expected a name without commas");
  labels.apps.erase("a,b");
  labels.apps["crowd"].pop_back();
  EXPECT_ERROR(usage, write_labels(folder / "labels.csv", labels), "app crowd: expected 3 labels");
  EXPECT_EQ(read_file(folder / "labels.csv"), text);
}

TEST(LabelsTest, RunsAreMaximalAndCutToTheFrames) {
  const std::vector<bool> labels = {true, true, false, true, false, false, true, true, true};
  const auto runs = [&](std::int64_t begin, std::int64_t end) { return runs_of(labels, begin, end); };
  EXPECT_THAT(runs(0, 9), ElementsAre(FrameRange{0, 1}, FrameRange{3, 3}, FrameRange{6, 8}));
  EXPECT_THAT(runs(1, 8), ElementsAre(FrameRange{1, 1}, FrameRange{3, 3}, FrameRange{6, 7}));
  EXPECT_THAT(runs(4, 6), ElementsAre());
  EXPECT_THAT(runs(5, 5), ElementsAre());
  EXPECT_ERROR(usage, runs(0, 10), "frames 0 to 9 of 9");
  EXPECT_ERROR(usage, runs(-1, 3), "frames -1 to 2");
  EXPECT_ERROR(usage, runs(3, 2), "frames 3 to 1");
}

// The labels that come with the project, against the same events written as runs.
TEST(LabelsTest, SampleLabelsAgreeWithTheirEvents) {
  const std::filesystem::path folder = MAINSTREAM_SOURCE_DIR "/data/pets2009-s2l1";
  const Labels labels = read_labels(folder / "labels.csv");
  EXPECT_EQ(labels.frames, 795);
  EXPECT_EQ(labels.apps.size(), 8U);
  std::string events = "app,start_frame,end_frame\n";
  for (const std::string app :
       {"sign", "left-edge", "right-edge", "near-road", "crossing", "gravel", "stone", "crowd"}) {
    for (const FrameRange& run : runs_of(labels.of(app), 0, labels.frames)) {
      events += app + "," + std::to_string(run.first) + "," + std::to_string(run.last) + "\n";
    }
  }
  EXPECT_EQ(events, read_file(folder / "events.csv"));
}

TEST(FrameParts, MustAscendWithinTheLabels) {
  const std::vector<FrameRange> parts{{0, 132}, {265, 397}};
  EXPECT_EQ(to_string(parts), "0..132,265..397");
  check_parts(parts, 398);
  EXPECT_ERROR(usage, check_parts(parts, 397), "within 0..396");
  EXPECT_ERROR(usage, check_parts({{5, 9}, {9, 12}}, 100), "frames 5..9,9..12: expected parts that ascend");
  EXPECT_ERROR(usage, check_parts({{9, 5}}, 100), "expected parts that ascend");
}

}  // namespace
}  // namespace mainstream
