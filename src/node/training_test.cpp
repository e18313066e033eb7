#include "node/training.hpp"

#include "core/file.hpp"
#include "core/testing.hpp"
#include "node/recordings.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

// A recording with a mark, and a program in the trainer's place: what is tested is how it is started and
// watched. script/test-dashboard trains in earnest where the trainer is built.
class TrainingTest : public testing::Test {
 protected:
  TrainingTest() {
    std::filesystem::create_directories(recording_);
    write_file(recording_ / "labels.csv", "frame,door\n0,0\n1,1\n");
  }
  [[nodiscard]] std::filesystem::path program(const std::string& script) const {
    auto path = folder_ / "mainstream-train";
    write_file(path, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(path, std::filesystem::perms(0700));
    return path;
  }
  [[nodiscard]] bool ends(TrainerProcess& training, TrainingState::Phase phase) const {
    return soon([&] { return training.state(recording_).phase == phase; });
  }

  TestFolder folder_;
  const std::filesystem::path recording_ = folder_ / "20240517-083000-250";
};

TEST_F(TrainingTest, StartsTheTrainerAndTellsItsEnd) {
  TrainerProcess training(program(R"(echo "$@"; echo to stderr >&2)"));
  EXPECT_EQ(training.state(recording_).phase, TrainingState::Phase::none);
  training.start(recording_, "/b.onnx", "door");
  ASSERT_TRUE(ends(training, TrainingState::Phase::done));
  const TrainingState state = training.state(recording_);
  EXPECT_EQ(state.app, "door");
  EXPECT_THAT(state.log, HasSubstr("train --base=/b.onnx --video=video.mkv --labels=labels.csv"))
      << "it tells nobody where the node keeps its files";
  EXPECT_THAT(state.log, HasSubstr("--app=door --candidates=exits --unseen="));
  EXPECT_FALSE(training.unseen(recording_)) << "it wrote none";
  EXPECT_THAT(state.log, HasSubstr("to stderr"));
  EXPECT_EQ(TrainerProcess("/nowhere").state(recording_).phase, TrainingState::Phase::done)
      << "after a restart";
}

TEST_F(TrainingTest, TellsThatItFailed) {
  TrainerProcess training(program("echo too few events >&2; exit 1"));
  write_file(recording_ / "unseen.json", "of an earlier training");
  training.start(recording_, "/b.onnx", "door");
  ASSERT_TRUE(ends(training, TrainingState::Phase::failed));
  EXPECT_THAT(training.state(recording_).log, HasSubstr("too few events"));
  EXPECT_FALSE(exists(recording_ / "unseen.json"));
}

TEST_F(TrainingTest, OneAtATimeAndNoneOutlivesTheNode) {
  {
    TrainerProcess training(program("exec sleep 60"));
    training.start(recording_, "/b.onnx", "door");
    EXPECT_EQ(training.state(recording_).phase, TrainingState::Phase::running);
    EXPECT_ERROR(usage, training.start(recording_, "/b.onnx", "door"), "a training runs already");
  }
  TrainerProcess training(program("exit 0"));
  EXPECT_EQ(training.state(recording_).phase, TrainingState::Phase::failed);
  training.start(recording_, "/b.onnx", "door");
  EXPECT_TRUE(ends(training, TrainingState::Phase::done));
}

TEST_F(TrainingTest, ItsRecordingStaysUntilItIsOver) {
  write_file(
      recording_ / "recording.json",
      R"({"stream": "gate", "started": "2024-05-17T08:30:00.250Z", "fps": 10, "frames": 2, "lost": 0, "fault": "", "age_ms": 0})");
  StreamRecordings recordings(folder_.path(), [] { return std::chrono::milliseconds(0); });
  const std::string id = recording_.filename();
  {
    TrainerProcess training(program("exec sleep 60"));
    training.start(recording_, "/b.onnx", "door");
    EXPECT_ERROR(usage, recordings.remove(id), "a training runs on recording " + id);
    recordings.keep_within({}, 1);
    EXPECT_TRUE(recordings.find(id));
  }
  EXPECT_TRUE(recordings.remove(id));
  EXPECT_FALSE(exists(recording_));
}

// As by hand, beside the node.
TEST_F(TrainingTest, ARecordingThatIsGoneAtItsEndBlocksNoOther) {
  const std::filesystem::path other = folder_ / "20240517-093000-250";
  std::filesystem::copy(recording_, other);
  TrainerProcess training(program("exit 0"));
  training.start(recording_, "/b.onnx", "door");
  std::filesystem::remove_all(recording_);
  ASSERT_TRUE(ends(training, TrainingState::Phase::none));
  training.start(other, "/b.onnx", "door");
  EXPECT_TRUE(soon([&] { return training.state(other).phase == TrainingState::Phase::done; }));
}

TEST_F(TrainingTest, TheNodeEndsThoughARecordingIsGone) {
  {
    TrainerProcess training(program("exec sleep 60"));
    training.start(recording_, "/b.onnx", "door");
    std::filesystem::remove_all(recording_);
  }
  EXPECT_FALSE(exists(recording_));
}

TEST_F(TrainingTest, RefusesWhatCannotBeTrained) {
  TrainerProcess training("/nowhere");
  EXPECT_FALSE(training.is_installed());
  EXPECT_ERROR(usage, training.start(recording_, "/b.onnx", "door"), "is not installed");
  TrainerProcess installed(program("exit 0"));
  EXPECT_ERROR(usage, installed.start(recording_, "/b.onnx", "window"),
               "nothing is marked for the app \"window\"");
}

}  // namespace
}  // namespace mainstream
