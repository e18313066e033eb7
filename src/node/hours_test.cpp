#include "node/hours.hpp"

#include <gtest/gtest.h>

namespace mainstream {
namespace {

TEST(HoursTest, ReadsDaysAndTimes) {
  const Hours hours = parse_hours("mon-wed,sat 07:30-19:00").value();
  EXPECT_EQ(hours.days, (std::array<bool, 7>{true, true, true, false, false, true, false}));
  EXPECT_EQ(hours.from, 7 * 60 + 30);
  EXPECT_EQ(hours.to, 19 * 60);
  EXPECT_EQ(parse_hours("sat-mon 00:00-24:00")->days,
            (std::array<bool, 7>{true, false, false, false, false, true, true}));
  EXPECT_TRUE(parse_hours("22:00-06:00"));
}

TEST(HoursTest, RefusesOtherForms) {
  for (const char* text :
       {"", "mon", "07:00", "7:00-8:00", "07:00-07:00", "25:00-26:00", "07:60-08:00", "24:00-01:00",
        "24:30-01:00", "mon- 07:00-08:00", ",mon 07:00-08:00", "mon  07:00-08:00", "07:00-08:00 ",
        "Mon 07:00-08:00", "07:00-08:00-09:00", "+1:00-02:00"}) {
    EXPECT_FALSE(parse_hours(text)) << text;
  }
}

TEST(HoursTest, TellsWhetherAMomentIsWithin) {
  const std::vector<Hours> day{*parse_hours("mon-fri 07:00-19:00")}, night{*parse_hours("fri 22:00-06:00")};
  constexpr int kFriday = 4, kSaturday = 5, kSunday = 6;
  EXPECT_TRUE(is_within({}, kSunday, 0)) << "no hours: always";
  EXPECT_TRUE(is_within(day, kFriday, 7 * 60));
  EXPECT_FALSE(is_within(day, kFriday, 19 * 60)) << "the end does not belong to it";
  EXPECT_FALSE(is_within(day, kSaturday, 12 * 60));
  EXPECT_TRUE(is_within(night, kFriday, 23 * 60));
  EXPECT_TRUE(is_within(night, kSaturday, 5 * 60));
  EXPECT_FALSE(is_within(night, kFriday, 5 * 60));
  EXPECT_FALSE(is_within(night, kSaturday, 23 * 60));
}

}  // namespace
}  // namespace mainstream
