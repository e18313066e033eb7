#include "node/recordings.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include "core/file.hpp"
#include "core/output.hpp"
#include "core/testing.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

VideoFrame frame_of(std::uint8_t grey, int width = 64, int height = 48) {
  const std::vector<std::uint8_t> rgb(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3,
                                      grey);
  return {0, {}, picture_from_rgb(width, height, rgb)};
}

class RecordingsTest : public testing::Test {
 protected:
  // A recording of `count` frames that is over.
  std::string recorded(int count) {
    std::string id = recordings_.start("gate", 10, 60);
    for (int i = 1; i <= count; ++i) {
      recordings_.take("gate", frame_of(static_cast<std::uint8_t>(20 * i)));
      EXPECT_TRUE(soon([&] { return recordings_.find(id)->frames == i; }));
    }
    EXPECT_TRUE(recordings_.stop(id));
    return id;
  }

  TestFolder folder_;
  std::chrono::milliseconds age_{0};
  StreamRecordings recordings_{folder_ / "recordings", [this] { return age_; }};
};

TEST_F(RecordingsTest, KeepsVideoFramesAndTimes) {
  const std::string id = recordings_.start("gate", 10, 60);
  EXPECT_TRUE(recordings_.find(id)->going_on);
  recordings_.take("yard", frame_of(1));  // of another stream
  EXPECT_ERROR(usage, recordings_.start("gate", 10, 60), "goes on already: " + id);
  EXPECT_TRUE(recordings_.remove(id));
  const std::string other = recorded(5);
  const std::optional<StreamRecording> found = recordings_.find(other);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->going_on);
  EXPECT_EQ(found->fault, "");
  EXPECT_EQ(found->stream, "gate");
  EXPECT_EQ(found->frames, 5);
  EXPECT_GT(found->bytes, 0U);
  VideoReader reader(recordings_.video(other)->string());
  int frames = 0;
  while (reader.next()) ++frames;
  EXPECT_EQ(frames, 5);
  EXPECT_EQ(reader.info().fps, 10);
  const auto jpeg = recordings_.frame(other, 4);
  ASSERT_TRUE(jpeg);
  EXPECT_EQ(
      decode_picture({reinterpret_cast<const std::uint8_t*>(jpeg->data()), jpeg->size()}, "frame").width(),
      64);
  EXPECT_FALSE(recordings_.frame(other, 5));
  const std::string times = read_file(folder_ / "recordings" / other / "times.csv");
  EXPECT_EQ(std::ranges::count(times, '\n'), 6);
}

TEST_F(RecordingsTest, EndsAfterItsTimeAlsoWithoutFrames) {
  const std::string id = recordings_.start("gate", 10, 1);
  EXPECT_TRUE(soon([&] { return !recordings_.find(id)->going_on; }));
  EXPECT_EQ(recordings_.find(id)->fault, "no picture came");
  EXPECT_FALSE(recordings_.video(id));
}

TEST_F(RecordingsTest, KeepsLabels) {
  const std::string id = recorded(3);
  EXPECT_TRUE(recordings_.labels(id).apps.empty());
  recordings_.set_labels(id, {{{"door open", {false, true, true}}}, 3});
  EXPECT_EQ(read_file(recordings_.labels_file(id)), "frame,door open\n0,0\n1,1\n2,1\n");
  EXPECT_EQ(recordings_.labels(id).of("door open"), (std::vector<bool>{false, true, true}));
  EXPECT_ERROR(usage, recordings_.set_labels(id, {{{"a", {true}}}, 1}), "expected labels of 3 frames, got 1");
  EXPECT_ERROR(usage, recordings_.set_labels(id, {{{"a,b", {true, true, true}}}, 3}), "a,b");
  recordings_.set_labels(id, {{}, 3});
  EXPECT_FALSE(exists(recordings_.labels_file(id)));
}

TEST_F(RecordingsTest, RefusesWhatIsNone) {
  EXPECT_ERROR(usage, recordings_.start("gate", 10, 0), "expected 1 to 600 seconds, got 0");
  EXPECT_ERROR(usage, recordings_.start("gate", 0, 10), "frame rate");
  for (const char* id : {"", "..", "../../etc", "20240517-083000-250"}) {
    EXPECT_FALSE(recordings_.find(id)) << id;
    EXPECT_FALSE(recordings_.remove(id)) << id;
    EXPECT_FALSE(recordings_.frame(id, 0)) << id;
    EXPECT_FALSE(recordings_.video(id)) << id;
  }
}

TEST_F(RecordingsTest, OneThatCannotBeWrittenIsRefusedAndLeavesNothing) {
  write_file(folder_ / "recordings", "a file, so there can be no folder");
  EXPECT_ERROR(storage, recordings_.start("gate", 10, 60), "recordings");
  recordings_.take("gate", frame_of(1));
  EXPECT_FALSE(recordings_.find("20240517-083000-250"));
  EXPECT_FALSE(recordings_.stop("20240517-083000-250"));
  EXPECT_TRUE(recordings_.list().empty());
  std::filesystem::remove(folder_ / "recordings");
  EXPECT_TRUE(recordings_.find(recorded(1))) << "the next one goes on";
}

TEST_F(RecordingsTest, ADamagedOneIsNamedAndHidesNoOther) {
  const std::string damaged = recorded(1), whole = recorded(1);
  write_file(folder_ / "recordings" / damaged / "recording.json", "{\"stream\":");
  ASSERT_EQ(recordings_.list().size(), 2U);
  EXPECT_EQ(recordings_.find(whole)->fault, "");
  EXPECT_THAT(recordings_.find(damaged)->fault, testing::HasSubstr("recording.json"));
  EXPECT_THAT(recordings_.find(damaged)->fault, testing::HasSubstr("; remove it"));
  EXPECT_TRUE(recordings_.remove(damaged));
  EXPECT_EQ(recordings_.list().size(), 1U);
}

TEST_F(RecordingsTest, AreThereAgainAfterARestart) {
  const std::string id = recorded(2);
  std::filesystem::create_directories(folder_ / "recordings" / "20240517-083000-250" /
                                      "frames");  // of a crash
  const StreamRecordings again(folder_ / "recordings", [] { return std::chrono::milliseconds(0); });
  ASSERT_EQ(again.list().size(), 1U);
  EXPECT_EQ(again.list()[0].id, id);
  EXPECT_FALSE(exists(folder_ / "recordings" / "20240517-083000-250"));
}

TEST_F(RecordingsTest, TheOldOnesGo) {
  using std::chrono::hours;
  const std::string first = recorded(1);
  age_ = hours(20);
  const std::string second = recorded(1);
  const std::string going_on = recordings_.start("yard", 10, 60);
  age_ = hours(30);
  recordings_.keep_within(hours(0), 0);
  EXPECT_TRUE(recordings_.find(first)) << "no limit";
  {
    const std::filesystem::path log = folder_ / "recordings" / first / "training.log";
    const Descriptor trainer(::open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::flock(trainer.get(), LOCK_EX), 0);
    recordings_.keep_within(hours(24), 0);
    EXPECT_TRUE(recordings_.find(first)) << "it is trained on";
  }
  recordings_.keep_within(hours(24), 0);
  EXPECT_FALSE(recordings_.find(first));
  age_ = hours(300);
  EXPECT_TRUE(recordings_.find(second));
  recordings_.keep_within(hours(24), 0);
  ASSERT_EQ(recordings_.list().size(), 1U);
  EXPECT_EQ(recordings_.list()[0].id, going_on);
}

TEST_F(RecordingsTest, TheOldestGoUntilTheRestIsWithinTheLimit) {
  std::vector<std::string> ids;
  std::uint64_t bytes = 0;
  for (int i = 0; i < 3; ++i) {
    age_ += std::chrono::seconds(1);
    ids.push_back(recorded(2));
    bytes += recordings_.find(ids.back())->bytes;
  }
  recordings_.keep_within({}, bytes);
  EXPECT_EQ(recordings_.list().size(), 3U);
  recordings_.keep_within({}, bytes - 1);
  EXPECT_FALSE(recordings_.find(ids[0]));
  EXPECT_TRUE(recordings_.find(ids[1]));
  EXPECT_TRUE(recordings_.find(ids[2]));
}

}  // namespace
}  // namespace mainstream
