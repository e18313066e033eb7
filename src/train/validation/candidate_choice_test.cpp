#include "train/validation/candidate_choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mainstream {
namespace {

using testing::HasSubstr;

constexpr auto kExit = CandidateKind::exit, kTail = CandidateKind::tail;

std::vector<std::optional<std::string>> reasons(const std::vector<Rival>& rivals, double error) {
  return reasons_to_drop(rivals, [&](std::size_t, std::size_t) { return error; });
}

TEST(CandidateChoice, ExitsGoWhenACheaperOneIsBetterBeyondTheError) {
  const std::vector<Rival> rivals{{"exit-4", kExit, 4, 10, 0.9},
                                  {"exit-8", kExit, 8, 20, 0.8},
                                  {"exit-12", kExit, 12, 30, 0.95},
                                  {"exit-16", kExit, 16, 40, 0.5}};
  const auto clear = reasons(rivals, 0.04);
  EXPECT_FALSE(clear[0]);
  EXPECT_THAT(clear[1].value(), HasSubstr("exit-4 costs no more and has 0.900 against 0.800"));
  EXPECT_FALSE(clear[2]);
  EXPECT_TRUE(clear[3]);
  const auto doubtful = reasons(rivals, 0.06);
  EXPECT_FALSE(doubtful[1]) << "0.1 is less than two errors";
  EXPECT_TRUE(doubtful[3]);
}

TEST(CandidateChoice, TailsStayWhenTheyBeatAllCheaperExits) {
  const std::vector<Rival> rivals{{"exit-4", kExit, 4, 10, 0.8},
                                  {"exit-20", kExit, 20, 50, 0.99},
                                  {"tail-8", kTail, 8, 40, 0.85},
                                  {"tail-4", kTail, 4, 45, 0.81},
                                  {"tail-0", kTail, 0, 60, 0.99}};
  const auto found = reasons(rivals, 0.03);
  EXPECT_FALSE(found[2]);
  EXPECT_TRUE(found[3]);
  EXPECT_THAT(found[4].value(), HasSubstr("exit-20"));
  EXPECT_FALSE(found[1]) << "tails drop no exits";
}

TEST(CandidateChoice, KeepsWhatMustStay) {
  const std::vector<Rival> rivals{{"exit-4", kExit, 4, 10, 0.9}, {"exit-8", kExit, 8, 20, 0.1, true}};
  EXPECT_FALSE(reasons(rivals, 0)[1]);
}

TEST(CandidateChoice, AnErrorOfZeroIsNotTrusted) {
  const std::vector<Rival> rivals{{"exit-4", kExit, 4, 10, 0.9}, {"exit-8", kExit, 8, 20, 0.895}};
  EXPECT_FALSE(reasons(rivals, 0)[1]);
}

TEST(CandidateChoice, PutsTheMostFrozenFirst) {
  const std::vector<Rival> rivals{
      {"exit-4", kExit, 4, 10, 0.9}, {"exit-8", kExit, 8, 20, 0.9}, {"tail-6", kTail, 6, 30, 0.99}};
  EXPECT_THAT(choose_candidates("app", "F1", rivals, [](std::size_t, std::size_t) { return 0.01; }),
              testing::ElementsAre(1, 2, 0));
}

}  // namespace
}  // namespace mainstream
