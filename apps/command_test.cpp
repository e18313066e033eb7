#include "command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mainstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// `play SOUND [--volume 1..10] [--speed above 0] [--mode soft|loud] [--at X Y] [--tag ..] [--loop]`
class CommandTest : public testing::Test {
 protected:
  CommandTest() {
    play_.add_option("SOUND", sound_, "what to play").required();
    play_.add_option("--volume", volume_, "how loud").within(1, 10).show_default();
    play_.add_option("--speed", speed_, "how fast").positive();
    play_.add_option("--mode", mode_, "how").one_of({"soft", "loud"});
    play_.add_option("--at", at_, "where").takes(2);
    play_.add_option("--tag", tags_, "names").one_value_each();
    play_.add_flag("--loop", loop_, "again and again");
    play_.callback([this] { played_ = true; });
    other_.pass_on([this](const std::vector<std::string>& words) { passed_on_ = words; });
  }

  bool run(std::vector<std::string> words) {
    words.insert(words.begin(), "box");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    return line_.run(static_cast<int>(arguments.size()), arguments.data(), [] {});
  }

  std::string refusal(std::vector<std::string> words) {
    testing::internal::CaptureStderr();
    EXPECT_FALSE(run(std::move(words)));
    EXPECT_FALSE(played_);
    return testing::internal::GetCapturedStderr();
  }

  CommandLine line_{"box", "Plays sounds"};
  Command play_ = line_.program().add_subcommand("play", "Plays a sound");
  Command other_ = line_.program().add_subcommand("other", "Another program");
  std::string sound_, mode_;
  int volume_ = 3;
  double speed_ = 1;
  std::vector<double> at_;
  std::vector<std::string> tags_, passed_on_;
  bool loop_ = false, played_ = false;
};

TEST_F(CommandTest, ReadsWhatItsOptionsTake) {
  EXPECT_TRUE(run({"play", "--volume", "10", "--at", "1.5", "-2", "--tag", "a", "--tag", "b", "bell"}));
  EXPECT_TRUE(played_);
  EXPECT_EQ(sound_, "bell");
  EXPECT_EQ(volume_, 10);
  EXPECT_THAT(at_, ElementsAre(1.5, -2));
  EXPECT_THAT(tags_, ElementsAre("a", "b"));
  EXPECT_THAT(play_.values(), testing::IsSupersetOf({Pair("volume", "10"), Pair("loop", "false"),
                                                     Pair("tag", "a b"), Pair("SOUND", "bell")}));
}

TEST_F(CommandTest, ShowsDefaultsAsValues) {
  EXPECT_TRUE(run({"play", "bell", "--loop"}));
  EXPECT_THAT(play_.values(),
              testing::IsSupersetOf({Pair("volume", "3"), Pair("speed", ""), Pair("loop", "true")}));
}

TEST_F(CommandTest, SaysWhatWouldBeRight) {
  EXPECT_EQ(refusal({"play", "bell", "--volume", "11"}),
            "box play: --volume: expected a whole number from 1 to 10, got \"11\" (see --help)\n");
  EXPECT_THAT(refusal({"play", "bell", "--volume", "x\x1b"}), HasSubstr("from 1 to 10, got \"x\\x1b\""));
  EXPECT_THAT(refusal({"play", "bell", "--speed", "0"}), HasSubstr("expected a number above 0, got \"0\""));
  EXPECT_THAT(refusal({"play", "bell", "--mode", "high"}),
              HasSubstr("--mode: expected one of: soft, loud; got \"high\""));
  EXPECT_THAT(refusal({"play", "bell", "--at", "1", "x"}), HasSubstr("--at: expected a number, got"));
  EXPECT_THAT(refusal({"play", "bell", "--tag"}), HasSubstr("box play: --tag: expected a value (see"));
  EXPECT_THAT(refusal({"play", "bell", "--at", "1"}), HasSubstr("--at: expected at least 2 values, got 1"));
  EXPECT_THAT(refusal({"play", "bell", "--volum", "2"}),
              HasSubstr("--volum: unknown option; did you mean --volume?"));
  EXPECT_THAT(refusal({"pla", "bell"}), HasSubstr("pla: unknown command; did you mean play?"));
  EXPECT_THAT(refusal({"play"}), HasSubstr("SOUND is required"));
}

TEST_F(CommandTest, PassesAllWordsOn) {
  EXPECT_TRUE(run({"other", "--help", "--volume", "99", "x"}));
  EXPECT_THAT(passed_on_, ElementsAre("--help", "--volume", "99", "x"));
}

}  // namespace
}  // namespace mainstream
