// A node of a fleet, with a real broker or without one.
#include "fleet/agent.hpp"

#include <fmt/format.h>

#include <optional>
#include <thread>

#include "core/log.hpp"
#include "package/sha256.hpp"
#include "run/testing.hpp"
#include "sink/mqtt_testing.hpp"

namespace mainstream {
namespace {

using testing::HasSubstr;
using Progress = NodeReport::Progress;

class FleetAgentTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    set_log_level("off");
    mix_ = new TestMix;
    keep_rough_costs(mix_->base, mix_->folder / "cache");
  }
  static void TearDownTestSuite() {
    delete mix_;
    set_log_level("info");
  }
  ~FleetAgentTest() override { stop(); }

  // Starts node "yard", which has no streams and apps of its own. Gives why it begins without the state that
  // is kept.
  std::string start(int broker_port) {
    write_file(folder_ / "node.toml",
               fmt::format("[node]\nname = \"yard\"\nbases = \"{}\"\ncache = \"{}\"\nworkers = 1\n"
                           "threads = 1\n[fleet]\nurl = \"mqtt://127.0.0.1:{}\"\nreport_s = 1\n",
                           mix_->base_path().string(), (mix_->folder / "cache").string(), broker_port));
    ConfigText text = read_config_text(folder_ / "node.toml");
    NodeReading reading = read_node(text.text, folder_.path());
    for (const ConfigFault& fault : reading.checked.check.faults)
      ADD_FAILURE() << message("node.toml", fault);
    const NodeConfig config = reading.checked.config;
    control_.emplace(std::move(text), std::move(reading.checked), check_for(reading.state));
    agent_.emplace(config, reading, *control_);
    thread_ = std::jthread(
        [this](const std::stop_token& stop) { control_->node().run(stop, [this] { agent_->look(); }); });
    return reading.why_not;
  }
  void stop() {
    thread_ = {};
    agent_.reset();
    control_.reset();
  }

  // App "near" on a clip beside the node's file, with a package from this address.
  [[nodiscard]] static DesiredState state(const std::string& package_url) {
    const std::string bytes = read_file(mix_->folder / "a.mpkg");
    return {1,
            {{"a.mpkg", sha256(bytes), bytes.size(), package_url}},
            "[[stream]]\nname = \"gate\"\nurl = \"gate.avi\"\nloop = true\n"
            "[[app]]\nname = \"near\"\npackage = \"a.mpkg\"\nstream = \"gate\"\n"};
  }

  static TestMix* mix_;
  const FleetTopics topics_{"yard"};
  TestFolder folder_;
  std::optional<NodeControl> control_;
  std::optional<FleetAgent> agent_;
  std::jthread thread_;  // ends before them
};

TestMix* FleetAgentTest::mix_ = nullptr;

TEST_F(FleetAgentTest, KeepsThePackagesOfAStateThatCannotBeUsedForAMoment) {
  const DesiredState kept = state("https://packages.example/a.mpkg");
  const std::filesystem::path packages = fleet_packages_in(folder_ / "state");
  std::filesystem::create_directories(packages);
  std::filesystem::copy_file(mix_->folder / "a.mpkg", packages / package_file_name(kept.packages[0].sha256));
  write_file(packages / "other.mpkg", "of no state");
  keep_state(folder_ / "state", kept);
  EXPECT_THAT(start(free_port()), HasSubstr("gate.avi")) << "the clip is away, and so is the broker";
  EXPECT_THAT(control_->node().state().apps, testing::IsEmpty());
  ASSERT_TRUE(soon([&] { return !exists(packages / "other.mpkg"); }));
  stop();
  std::filesystem::copy_file(mix_->clip(), folder_ / "gate.avi");
  EXPECT_EQ(start(free_port()), "");
  EXPECT_EQ(control_->node().state().apps.size(), 1U);
}

TEST_F(FleetAgentTest, SaysAgainThatItIsOnline) {
  if (!std::filesystem::exists(kBroker)) GTEST_SKIP() << kBroker << " is not installed";
  const TestBroker broker;
  Listener fleet(broker.port());
  start(broker.port());
  ASSERT_TRUE(soon([&] { return fleet.last(topics_.online()) == "online"; }));
  // The last will of the connection before, which the broker takes for lost only now.
  fleet.send(topics_.online(), "offline", true);
  EXPECT_TRUE(soon([&] {
    const std::vector<std::string> said = fleet.on(topics_.online());
    return std::ranges::count(said, "offline") == 1 && said.back() == "online";
  }));
  stop();
  EXPECT_TRUE(soon([&] { return fleet.last(topics_.online()) == "offline"; }));
}

// With pauses that double, the ninth try is two minutes away.
TEST_F(FleetAgentTest, ReportsWhileItWaitsForAPackage) {
  if (!std::filesystem::exists(kBroker)) GTEST_SKIP() << kBroker << " is not installed";
  const TestBroker broker;
  Listener fleet(broker.port());
  start(broker.port());
  fleet.send(topics_.desired(), to_json(state(fmt::format("http://127.0.0.1:{}/", free_port()))), true);
  EXPECT_TRUE(soon([&] {
    return std::ranges::count(fleet.on(topics_.reported()), Progress::waiting,
                              [](const std::string& json) { return parse_report(json).progress; }) >= 9;
  }));
}

}  // namespace
}  // namespace mainstream
