#include <fmt/format.h>

#include "cli_testing.hpp"
#include "media/test_pictures.hpp"
#include "package/testing.hpp"
#include "store/testing.hpp"

namespace mainstream {
namespace {

class TrainCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto trainer = std::filesystem::path(MAINSTREAM_PROGRAM).parent_path() / "mainstream-train";
    if (!std::filesystem::exists(trainer)) GTEST_SKIP() << "built without the trainer: " << trainer;
    write_base(tiny_base(), folder_ / "base.onnx");
  }
  [[nodiscard]] CliResult train(const std::string& arguments) const {
    return run_cli("train --base base.onnx --threads 1 " + arguments, "cd " + folder_.path().string() + "; ");
  }
  // A node's state directory with true events that are red and false ones that are blue, each at an hour of
  // its own.
  void judge_events(int of_each_kind) const {
    Store store(store_in(folder_ / "node"));
    std::vector<Verdict> verdicts;
    for (int i = 0; i < 2 * of_each_kind; ++i) {
      const bool is_right = i % 2 == 0;
      write_plain(folder_ / "event.jpg", is_right ? 220 : 20, 20 + i, is_right ? 20 : 220);
      EventRecord event = record(store.new_event_id(), EventChange::ended, "queue");
      event.start_time += std::chrono::hours(i);
      event.end_time += std::chrono::hours(i);
      EXPECT_TRUE(store.put(event, read_file(folder_ / "event.jpg")));
      Verdict& verdict = verdicts.emplace_back();
      verdict.id = event.id;
      verdict.kind = is_right ? Verdict::Kind::right : Verdict::Kind::wrong;
    }
    EXPECT_TRUE(store.flush(std::chrono::steady_clock::now() + std::chrono::seconds(10)));
    for (const Verdict& verdict : verdicts) EXPECT_TRUE(store.put(verdict));
  }

  const TestFolder folder_;
};

TEST_F(TrainCommandTest, FromANodeTrainsExitsAndTails) {
  judge_events(20);
  const CliResult result = train("--from-node node --app queue --candidates tails --epochs 1 -o queue.mpkg");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, testing::HasSubstr("20 true and 20 false events"));
  EXPECT_THAT(result.out, testing::HasSubstr("tail-"));
  const TestFolder& left = folder_;
  EXPECT_EQ(left.names(), (std::vector<std::string>{"base.onnx", "event.jpg", "node", "queue.mpkg"}));
}

TEST_F(TrainCommandTest, FromANodeRemovesNoOtherFolder) {
  judge_events(1);
  std::filesystem::rename(folder_ / "node", folder_ / "yard.node");
  expect_refused(train("--from-node yard.node --app queue --candidates exits -o yard"), 2,
                 "yard.node is for pictures of the node, and has ");
  EXPECT_TRUE(exists(folder_ / "yard.node"));
}

TEST_F(TrainCommandTest, RefusesNamesThatNoPackageMayHave) {
  write_colours(folder_ / "colours", {"train"}, 3);
  expect_refused(train("--images colours --candidates exits -o 'cats, dogs.mpkg'"), 2,
                 "app \"cats, dogs\": must not contain / \\ , or \": the name becomes a column");
}

}  // namespace
}  // namespace mainstream
