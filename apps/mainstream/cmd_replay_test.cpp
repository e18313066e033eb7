#include <fmt/format.h>

#include "cli_testing.hpp"
#include "mainstream/event.hpp"
#include "mainstream/store.hpp"
#include "run/testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;

// A run as users start it, and its events replayed.
TEST(ReplayCommandTest, GivesTheEventsPeakAgain) {
  const TestMix mix;
  const TestFolder out;
  const std::string cache = "export XDG_CACHE_HOME=" + (out / "cache").string() + ";";
  const std::string what = fmt::format("--base {} --app {} --source {} --threads 1", mix.base_path().string(),
                                       mix.packages()[0].string(), mix.clip().string());
  const std::string file = (out / "events.jsonl").string();
  ASSERT_EQ(run_cli(fmt::format("run {} --pace all --events {}", what, file), cache).exit_code, 0);
  std::vector<EventRecord> events = read_events(file);
  ASSERT_FALSE(events.empty());
  for (const EventRecord& event : events) {
    const CliResult result = run_cli(fmt::format("replay {} --events {} {}", event.id, file, what));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("the peak is the same: frame " + std::to_string(*event.peak_frame)));
  }
  EventRecord event = events.front();
  {
    Store store({.directory = out / "state"});
    event.id = store.new_event_id();
    event.change = EventChange::ended;
    EXPECT_TRUE(store.put(event));
  }
  const std::string state = " --state " + (out / "state").string() + " ";
  EXPECT_EQ(run_cli("replay " + event.id + state + what).exit_code, 0);
  const CliResult unknown = run_cli("replay nothing" + state + what);
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("has no event \"nothing\""));

  event.peak_score = 0.123;
  write_file(out / "wrong.json", to_json_line(event) + "\n");
  const CliResult wrong = run_cli("replay " + (out / "wrong.json").string() + " " + what);
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("the peak differs by more than 0.0001"));
}

}  // namespace
}  // namespace mainstream
